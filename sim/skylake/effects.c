/* What instructions do to registers, for a wrong path to carry out (emulate.c): worked out once, when an instruction
 * is decoded.
 *
 * Only integer moves, comparisons and simple arithmetic have an effect of their own; whatever else writes a register
 * makes its value unknown. */
#include "emulate.h"

typedef struct {
    const UChar *code;
    UInt at, rex, opcode;
    UInt reg, rm;
    Effect *e;
} Parts;

static UInt code_byte(Parts *p) { return p->at < 16 ? p->code[p->at++] : 0; }

static ULong number(Parts *p, UInt bytes) {
    ULong v = 0;
    for (UInt i = 0; i < bytes && p->at < 16; i++) v |= (ULong)code_byte(p) << (8 * i);
    if (bytes && bytes < 8 && v >> (8 * bytes - 1)) v |= ~0ULL << (8 * bytes);
    return v;
}

static ULong immediate_number(Parts *p) { return number(p, p->e->size == 2 ? 2 : 4); }

static void need_address(Effect *e) {
    if (e->base != NO_REGISTER) e->needs |= 1u << e->base;
    if (e->index != NO_REGISTER) e->needs |= 1u << e->index;
}

static void has_address(Effect *e) {
    e->memory = True;
    e->base = e->index = NO_REGISTER;
}

static void read_operands(Parts *p, Addr next) {
    Effect *e = p->e;
    UInt byte = code_byte(p), low = byte & 7, mod = byte >> 6;
    p->reg = ((byte >> 3) & 7) | ((p->rex & 4) << 1);
    p->rm = low | ((p->rex & 1) << 3);
    if (mod == 3) return;
    has_address(e);
    UInt displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    if (low == 4) {
        UInt sib = code_byte(p), index = ((sib >> 3) & 7) | ((p->rex & 2) << 2);
        if (index != 4) {
            e->index = index;
            e->scale = sib >> 6;
        }
        if ((sib & 7) == 5 && mod == 0) displacement = 4;
        else e->base = (sib & 7) | ((p->rex & 1) << 3);
    } else if (low == 5 && mod == 0) {
        displacement = 4;
        e->offset = next;
    } else {
        e->base = p->rm;
    }
    e->offset += number(p, displacement);
}

/* A byte register: without REX, 4 to 7 are the second bytes of the first four. */
static UChar byte_register(const Parts *p, UInt n, UChar *shift) {
    Bool second = !p->rex && n >= 4 && n < 8;
    *shift = second ? 8 : 0;
    return second ? n - 4 : n;
}

static void loads_value(Effect *e, UInt to, UInt bytes, Bool sign) {
    e->form = E_LOAD;
    e->loaded = LOADED_MOVED;
    e->to = to;
    e->bytes = bytes;
    e->width = e->size;
    e->sign = sign;
}

/* The operation takes an operand from memory; the other is `from`, or a number. */
static void with_memory(Effect *e, Bool by_number, Bool reversed) {
    e->form = by_number ? E_WITH_MEMORY_NUMBER : E_WITH_MEMORY;
    e->loaded = LOADED_OPERAND;
    e->reversed = reversed;
    e->bytes = e->size;
    e->to = NO_REGISTER;
}

/* Comparisons of bytes, and tests: they only set flags. False for all others. */
static Bool compares(Parts *p, Addr next) {
    Effect *e = p->e;
    UInt opcode = p->opcode;
    Bool bytes = !(opcode & 1), by_number = opcode == 0x80 || opcode == 0xf6 || opcode == 0xf7;
    if (opcode == 0x3c || opcode == 0xa8 || opcode == 0xa9) {
        if (bytes) e->size = 1;
        e->form = E_COMPARE_NUMBER;
        e->which = opcode == 0x3c ? CMP : TEST;
        e->number = number(p, e->size == 8 ? 4 : e->size);
        e->to = 0;
        return True;
    }
    if (!by_number && opcode != 0x38 && opcode != 0x3a && opcode != 0x84 && opcode != 0x85) return False;
    read_operands(p, next);
    if (by_number && (p->reg & 7) != (opcode == 0x80 ? 7 : 0)) {
        /* Another instruction; its access is not followed. */
        need_address(e);
        e->base = e->index = NO_REGISTER;
        e->offset = 0;
        return False;
    }
    if (bytes) e->size = 1;
    e->which = opcode == 0x84 || opcode == 0x85 || opcode >= 0xf6 ? TEST : CMP;
    if (by_number) e->number = number(p, e->size == 8 ? 4 : e->size);
    else if (bytes) e->from = byte_register(p, p->reg, &e->from_shift);
    else e->from = p->reg;
    e->reversed = opcode == 0x3a;
    if (e->memory) {
        with_memory(e, by_number, e->reversed);
        return True;
    }
    e->form = by_number ? E_COMPARE_NUMBER : E_COMPARE;
    e->to = bytes ? byte_register(p, p->rm, &e->to_shift) : p->rm;
    return True;
}

/* add, or, and, sub, xor and cmp of registers, memory and numbers. */
static void arithmetic(Parts *p, Addr next) {
    Effect *e = p->e;
    UInt form = p->opcode & 7;
    e->which = p->opcode >> 3;
    if (form == 5) {
        e->form = E_ARITHMETIC_NUMBER;
        e->to = 0;
        e->number = immediate_number(p);
        return;
    }
    read_operands(p, next);
    if (e->memory) {
        e->from = p->reg;
        with_memory(e, False, form == 3);
        if (form == 3 && e->which != CMP) {
            e->to = p->reg;
            e->width = e->size;
        }
        return;
    }
    e->to = form == 1 ? p->rm : p->reg;
    e->from = form == 1 ? p->reg : p->rm;
    e->form = e->which == XOR && e->to == e->from ? E_ZERO : E_ARITHMETIC;
}

/* Moves of whole registers, and of parts with their sign or with zeros. */
static Bool moves(Parts *p, Addr next) {
    Effect *e = p->e;
    UInt opcode = p->opcode;
    read_operands(p, next);
    if (e->memory && opcode == 0x89) {
        e->form = E_NOTHING;
        return True;
    }
    if (e->memory) {
        loads_value(e, p->reg, opcode == 0x8b ? e->size : opcode == 0x63 ? 4 : (opcode & 1) ? 2 : 1,
                    opcode == 0x63 || opcode >= 0x1be);
        return True;
    }
    if (opcode >= 0x1be) return False;
    e->to = opcode == 0x89 ? p->rm : p->reg;
    e->from = opcode == 0x89 ? p->reg : p->rm;
    e->form = opcode == 0x63 ? E_MOVE_SIGNED : opcode == 0x1b7 ? E_MOVE_WORD : E_MOVE;
    if (opcode == 0x1b6) {
        e->form = E_MOVE_BYTE;
        e->from = byte_register(p, e->from, &e->from_shift);
    }
    return True;
}

/* The forms that are followed; False for all others. */
static Bool simple(Parts *p, Addr next) {
    Effect *e = p->e;
    UInt opcode = p->opcode;
    if (compares(p, next)) return True;
    if (opcode < 0x40 && (opcode & 7) < 6 && (opcode & 1)) {
        arithmetic(p, next);
        return True;
    }
    switch (opcode) {
    case 0x81: case 0x83:
        read_operands(p, next);
        e->number = opcode == 0x83 ? number(p, 1) : immediate_number(p);
        e->which = p->reg & 7;
        if (e->memory) {
            with_memory(e, True, False);
        } else {
            e->form = E_ARITHMETIC_NUMBER;
            e->to = p->rm;
        }
        return True;
    case 0x89: case 0x8b: case 0x63: case 0x1b6: case 0x1b7: case 0x1be: case 0x1bf: return moves(p, next);
    case 0x8d:
        read_operands(p, next);
        e->form = E_ADDRESS;
        e->to = p->reg;
        return True;
    case 0xb8 ... 0xbf:
        e->form = E_NUMBER;
        e->to = (opcode & 7) | ((p->rex & 1) << 3);
        e->number = number(p, e->size);
        return True;
    case 0xc7:
        read_operands(p, next);
        e->form = e->memory ? E_NOTHING : E_NUMBER;
        e->to = p->rm;
        if (!e->memory) e->number = number(p, 4);
        return True;
    case 0xc1:
        read_operands(p, next);
        e->form = E_NOTHING;
        if (e->memory) return True;
        e->which = p->reg & 7;
        e->to = p->rm;
        e->number = number(p, 1) & 63;
        if (e->which < 4) return False;
        e->form = E_SHIFT;
        return True;
    case 0xff: {
        read_operands(p, next);
        UInt kind = p->reg & 7;
        e->form = kind == 6 || kind == 2 ? E_PUSH : E_NOTHING;
        if (e->memory || kind >= 2) return True;
        e->form = E_ARITHMETIC_NUMBER;
        e->which = kind ? SUB : ADD;
        e->to = p->rm;
        e->number = 1;
        return True;
    }
    case 0x50 ... 0x57: case 0x68: case 0x6a: case 0xe8: e->form = E_PUSH; return True;
    case 0x58 ... 0x5f: case 0xc3:
        has_address(e);
        e->base = 4;
        if (opcode == 0xc3) {
            e->form = E_RETURN;
            e->bytes = 8;
            return True;
        }
        loads_value(e, (opcode & 7) | ((p->rex & 1) << 3), 8, False);
        e->width = 8;
        e->form = E_POP;
        return True;
    default: return False;
    }
}

static Bool has_operands(UInt opcode) {
    if (opcode >= 0x100) return opcode < 0x180 || opcode >= 0x190;
    return (opcode >= 0x80 && opcode < 0x90) || opcode < 0x40 || (opcode >= 0xc0 && opcode < 0xc2) ||
           opcode == 0x69 || opcode == 0x6b || (opcode >= 0xd0 && opcode < 0xe0) || opcode >= 0xf6;
}

static UChar condition_of(const Inst *inst, const UChar *code) {
    UInt at = 0;
    if (inst->kind != K_COND) return NO_CONDITION;
    while (code[at] == 0x2e || code[at] == 0x3e || code[at] == 0xf2 || code[at] == 0x66) at++;
    UInt condition = code[at] == 0x0f ? code[at + 1] - 0x80u : code[at] - 0x70u;
    return condition < 16 ? condition : NO_CONDITION;
}

/* Skips a VEX prefix and the opcode. What is behind it is no integer instruction, as far as it is followed: only
 * its address is. A gather's is not (take_apart). */
static UInt behind_vex(Parts *p, UInt first) {
    enum { ANY_OF_0F = 0x1ff };
    UInt a = code_byte(p);
    p->rex = 0x40 | (a & 0x80 ? 0 : 4);
    if (first == 0xc4) {
        p->rex |= (a & 0x40 ? 0 : 2) | (a & 0x20 ? 0 : 1);
        code_byte(p);
    }
    code_byte(p);
    return ANY_OF_0F;
}

void take_apart(Inst *inst) {
    Effect *e = &inst->effect;
    const UChar *code = (const UChar *)inst->bytes;
    Parts p = {.code = code, .e = e};
    Bool prefix = True, segment = False;
    UInt opcode = 0, size = 4;
    *e = (Effect){.base = NO_REGISTER, .index = NO_REGISTER, .from = NO_REGISTER};
    for (UInt i = 0; i < inst->nuops; i++) {
        e->loads |= inst->uops[i].cls == LOAD;
        for (UInt k = 0; k < inst->uops[i].ndst; k++) {
            UInt reg = inst->uops[i].dst[k];
            e->flags |= reg == R_ZAPS || reg == R_CFOF;
            if (reg >= R_GPR && reg < R_GPR + 16) e->forgets |= 1u << (reg - R_GPR);
        }
    }
    while (prefix && p.at < 15) {
        opcode = code_byte(&p);
        if (opcode == 0x66) size = 2;
        else if (opcode == 0x64 || opcode == 0x65) segment = True;
        else if (opcode != 0xf2 && opcode != 0xf3 && opcode != 0xf0 && opcode != 0x2e && opcode != 0x3e)
            prefix = False;
    }
    if ((opcode & 0xf0) == 0x40) {
        p.rex = opcode;
        opcode = code_byte(&p);
    }
    if (p.rex & 8) size = 8;
    if (opcode == 0x0f) opcode = 0x100 | code_byte(&p);
    if (opcode == 0xc4 || opcode == 0xc5) opcode = behind_vex(&p, opcode);
    p.opcode = opcode;
    e->size = size;
    Addr next = inst->pc + inst->len;
    UInt operands = p.at;
    if (!simple(&p, next)) {
        e->form = E_OTHER;
        p.at = operands;
        if (has_operands(opcode) && !e->memory && e->loads && inst->loop != L_GATHER) read_operands(&p, next);
    }
    if (!e->bytes) e->bytes = size;
    need_address(e);
    e->unknown = segment && e->memory && e->form != E_POP && e->form != E_RETURN;
    if (e->form == E_ADDRESS) e->memory = False; /* it is only computed */
    e->condition = condition_of(inst, code);
    e->pushes = inst->kind == K_CALL || inst->kind == K_INDIRECT_CALL || (inst->bytes[0] & 0xf8) == 0x50;
}
