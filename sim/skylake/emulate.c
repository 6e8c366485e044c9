/* What instructions on a wrong path compute, as far as the addresses of their loads depend on it.
 *
 * Only integer moves and simple arithmetic are carried out; whatever else writes a register makes its value
 * unknown, and a load from an unknown address brings nothing into the cache. Nothing is written. */
#include "emulate.h"
#include "pub_tool_libcbase.h"

typedef struct {
    const UChar *code;
    UInt at, rex, size;
    UInt mod, reg, rm;
    Bool known, memory, segment;
    Addr address;
    Cycle operands;
} Operand;

static Bool has(const Registers *r, UInt n) { return (r->known >> n) & 1; }

static void set(Registers *r, UInt n, ULong value, UInt size, Cycle ready) {
    if (size == 4) value = (UInt)value;
    if (size < 4) {
        r->known &= ~(1u << n);
        return;
    }
    r->value[n] = value;
    r->known |= 1u << n;
    r->ready[n] = ready;
}

static void forget(Registers *r, UInt n) { r->known &= ~(1u << n); }

static Long number(Operand *o, UInt bytes) {
    ULong v = 0;
    for (UInt i = 0; i < bytes && o->at < 16; i++) v |= (ULong)o->code[o->at++] << (8 * i);
    if (bytes && bytes < 8 && v >> (8 * bytes - 1)) v |= ~0ULL << (8 * bytes);
    return (Long)v;
}

static void address_part(Operand *o, const Registers *r, UInt n, UInt scale) {
    if (!has(r, n)) o->known = False;
    o->address += r->value[n] << scale;
    if (r->ready[n] > o->operands) o->operands = r->ready[n];
}

static void modrm(Operand *o, const Registers *r, Addr next) {
    UInt byte = o->code[o->at++], low = byte & 7;
    o->mod = byte >> 6;
    o->reg = ((byte >> 3) & 7) | ((o->rex & 4) << 1);
    o->rm = low | ((o->rex & 1) << 3);
    o->known = True;
    o->memory = o->mod != 3;
    if (!o->memory) return;
    UInt displacement = o->mod == 1 ? 1 : o->mod == 2 ? 4 : 0;
    if (low == 4) {
        UInt sib = o->code[o->at++], index = ((sib >> 3) & 7) | ((o->rex & 2) << 2);
        if (index != 4) address_part(o, r, index, sib >> 6);
        if ((sib & 7) == 5 && o->mod == 0) displacement = 4;
        else address_part(o, r, (sib & 7) | ((o->rex & 1) << 3), 0);
    } else if (low == 5 && o->mod == 0) {
        displacement = 4;
        o->address += next;
    } else {
        address_part(o, r, o->rm, 0);
    }
    o->address += (ULong)number(o, displacement);
    if (o->segment) o->known = False;
}

static Bool arithmetic(UInt which, ULong a, ULong b, ULong *result) {
    switch (which) {
    case 0: *result = a + b; return True;
    case 1: *result = a | b; return True;
    case 4: *result = a & b; return True;
    case 5: *result = a - b; return True;
    case 6: *result = a ^ b; return True;
    default: return False;
    }
}

static void stack(Registers *r, Long by) { r->value[4] += (ULong)by; }

static void compute(Registers *r, UInt which, UInt to, Bool have, ULong b, Cycle ready, UInt size) {
    ULong result;
    if (which == 7) return;
    if (have && has(r, to) && arithmetic(which, r->value[to], b, &result))
        set(r, to, result, size, (ready > r->ready[to] ? ready : r->ready[to]) + 1);
    else
        forget(r, to);
}

/* The forms that are carried out; False for all others. */
static Bool simple(const Inst *inst, Operand *o, UInt opcode, Registers *r, Emulated *out) {
    Addr next = inst->pc + inst->len;
    if (opcode < 0x40 && (opcode & 7) < 6 && (opcode & 1)) {
        UInt form = opcode & 7, which = opcode >> 3;
        if (form == 5) {
            compute(r, which, 0, True, (ULong)number(o, 4), 0, o->size);
            return True;
        }
        modrm(o, r, next);
        if (o->memory) {
            if (form == 3 && which != 7) forget(r, o->reg);
            return True;
        }
        UInt to = form == 1 ? o->rm : o->reg, from = form == 1 ? o->reg : o->rm;
        if (which == 6 && to == from) {
            set(r, to, 0, 4, 0);
            return True;
        }
        compute(r, which, to, has(r, from), r->value[from], r->ready[from], o->size);
        return True;
    }
    switch (opcode) {
    case 0x81: case 0x83:
        modrm(o, r, next);
        if (o->memory) return True;
        compute(r, o->reg & 7, o->rm, True, (ULong)number(o, opcode == 0x81 ? 4 : 1), 0, o->size);
        return True;
    case 0x89: case 0x8b: case 0x63: case 0x1b6: case 0x1b7: case 0x1be: case 0x1bf:
        modrm(o, r, next);
        if (o->memory && opcode == 0x89) return True;
        if (o->memory) {
            out->to = (Int)o->reg;
            out->width = o->size;
            out->size = opcode == 0x8b ? o->size : opcode == 0x63 ? 4 : (opcode & 1) ? 2 : 1;
            out->sign = opcode == 0x63 || opcode >= 0x1be;
            forget(r, o->reg);
            return True;
        }
        UInt to = opcode == 0x89 ? o->rm : o->reg, from = opcode == 0x89 ? o->reg : o->rm;
        ULong value = r->value[from];
        if (opcode == 0x63) value = (ULong)(Long)(Int)value;
        else if (opcode == 0x1b6) value = (UChar)value;
        else if (opcode == 0x1b7) value = (UShort)value;
        else if (opcode >= 0x1be) return False;
        if (has(r, from)) set(r, to, value, o->size, r->ready[from] + 1);
        else forget(r, to);
        return True;
    case 0x8d:
        modrm(o, r, next);
        o->memory = False;
        if (o->known) set(r, o->reg, o->address, o->size, o->operands + 1);
        else forget(r, o->reg);
        return True;
    case 0xb8 ... 0xbf:
        set(r, (opcode & 7) | ((o->rex & 1) << 3), (ULong)number(o, o->size), o->size, 0);
        return True;
    case 0xc7:
        modrm(o, r, next);
        if (!o->memory) set(r, o->rm, (ULong)number(o, 4), o->size, 0);
        return True;
    case 0xc1:
        modrm(o, r, next);
        if (o->memory) return True;
        UInt by = (UInt)number(o, 1) & 63, kind = o->reg & 7;
        if (!has(r, o->rm) || kind < 4) return False;
        ULong v = o->size == 4 ? (UInt)r->value[o->rm] : r->value[o->rm];
        if (kind == 7) v = o->size == 4 ? (ULong)((Int)v >> by) : (ULong)((Long)v >> by);
        else v = kind == 5 ? v >> by : v << by;
        set(r, o->rm, v, o->size, r->ready[o->rm] + 1);
        return True;
    case 0xff:
        modrm(o, r, next);
        if (o->memory) {
            if ((o->reg & 7) == 6 || (o->reg & 7) == 2) stack(r, -8);
            return True;
        }
        if ((o->reg & 7) < 2) compute(r, (o->reg & 7) ? 5 : 0, o->rm, True, 1, 0, o->size);
        else if ((o->reg & 7) == 6 || (o->reg & 7) == 2) stack(r, -8);
        return True;
    case 0x50 ... 0x57: case 0x68: case 0x6a: case 0xe8: stack(r, -8); return True;
    case 0x58 ... 0x5f:
        out->to = (opcode & 7) | ((o->rex & 1) << 3);
        out->size = out->width = 8;
        o->memory = True;
        o->known = has(r, 4);
        o->address = r->value[4];
        o->operands = r->ready[4];
        forget(r, (UInt)out->to);
        stack(r, 8);
        return True;
    case 0xc3:
        out->size = 8;
        o->memory = True;
        o->known = has(r, 4);
        o->address = r->value[4];
        o->operands = r->ready[4];
        stack(r, 8);
        return True;
    default: return False;
    }
}

void take_apart(Inst *inst) {
    const UChar *code = (const UChar *)inst->bytes;
    UInt at = 0, opcode = 0;
    Bool prefix = True;
    inst->parts.size = 4;
    for (UInt i = 0; i < inst->nuops; i++) {
        inst->parts.loads |= inst->uops[i].cls == LOAD;
        inst->stores += inst->uops[i].cls == STORE;
    }
    while (prefix && at < 15) {
        opcode = code[at++];
        if (opcode == 0x66) inst->parts.size = 2;
        else if (opcode == 0x64 || opcode == 0x65) inst->parts.segment = True;
        else if (opcode != 0xf2 && opcode != 0xf3 && opcode != 0xf0 && opcode != 0x2e && opcode != 0x3e)
            prefix = False;
    }
    if ((opcode & 0xf0) == 0x40) {
        inst->parts.rex = opcode;
        opcode = code[at++];
    }
    if (inst->parts.rex & 8) inst->parts.size = 8;
    if (opcode == 0x0f) opcode = 0x100 | code[at++];
    inst->parts.opcode = opcode;
    inst->parts.at = at;
}

void emulate(const Inst *inst, Registers *r, Emulated *out) {
    typeof(&inst->parts) parts = &inst->parts;
    Operand o = {.code = (const UChar *)inst->bytes, .at = parts->at, .rex = parts->rex, .size = parts->size,
                 .segment = parts->segment};
    Bool loads = parts->loads;
    UInt opcode = parts->opcode;
    *out = (Emulated){.to = -1};
    if (!simple(inst, &o, opcode, r, out)) {
        Bool has_modrm = opcode >= 0x100 ? opcode < 0x180 || opcode >= 0x190
                                         : (opcode >= 0x80 && opcode < 0x90) || opcode < 0x40 ||
                                               (opcode >= 0xc0 && opcode < 0xc2) || opcode == 0x69 ||
                                               opcode == 0x6b || (opcode >= 0xd0 && opcode < 0xe0) ||
                                               opcode >= 0xf6;
        if (has_modrm && !o.memory && o.address == 0 && loads) modrm(&o, r, inst->pc + inst->len);
        for (UInt i = 0; i < inst->nuops; i++)
            for (UInt k = 0; k < inst->uops[i].ndst; k++) {
                UInt reg = inst->uops[i].dst[k];
                if (reg >= R_GPR && reg < R_GPR + 16) forget(r, reg - R_GPR);
            }
    }
    if (!loads || !o.memory || !o.known) return;
    out->loads = True;
    out->address = o.address;
    out->operands = o.operands;
    if (!out->size) out->size = o.size;
}

Bool can_read(Addr a, UInt size) {
    Addr last = readable_until(DATA, a);
    return last && a + size - 1 <= last;
}

void emulate_load(const Emulated *e, Registers *r, Cycle when) {
    if (e->to < 0 || !can_read(e->address, e->size)) return;
    ULong v = 0;
    VG_(memcpy)(&v, (const void *)e->address, e->size);
    if (e->sign && e->size < 8 && v >> (8 * e->size - 1)) v |= ~0ULL << (8 * e->size);
    set(r, (UInt)e->to, v, e->width, when);
}
