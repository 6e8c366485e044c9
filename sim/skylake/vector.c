/* SSE to SSE4.2 and MMX. A 128-bit register is two halves, each with a micro-operation of its own. */
#include "vectors.h"

static UInt low(UInt n) { return xmm(n, 0); }
static UInt high(UInt n) { return xmm(n, 1); }

/* The target's moves read what they overwrite. */
static Uop *move(Decoding *d, UInt dst, UInt from) { return vec(d, INT_ALU, dst, from, dst); }

/* The right operand's halves: a register, or loaded into temporaries. */
static void operand(Decoding *d, UInt halves, UInt *lo, UInt *hi, UInt scalar_size) {
    *lo = low(d->rm);
    *hi = high(d->rm);
    read_rip(d);
    if (in_register(d)) return;
    *lo = UFP1;
    *hi = UFP2;
    load(d, UFP1, halves == 1 ? scalar_size : 8, 0);
    if (halves == 2) load(d, UFP2, 8, 8);
}

/* reg = reg op rm in both halves; `reads` is whether the old reg is an operand. */
static void packed(Decoding *d, UChar cls, Bool reads) {
    UInt lo, hi;
    operand(d, 2, &lo, &hi, 8);
    vec(d, cls, low(d->reg), lo, reads ? low(d->reg) : R_NONE);
    vec(d, cls, high(d->reg), hi, reads ? high(d->reg) : R_NONE);
}

static void scalar(Decoding *d, UChar cls, UInt size) {
    UInt lo, hi;
    operand(d, 1, &lo, &hi, size);
    vec(d, cls, low(d->reg), lo, low(d->reg));
}

/* Logical operations compute their address by an operation of its own. */
static void address_first(Decoding *d) {
    read_rip(d);
    if (in_register(d)) return;
    Uop *u = add_uop(d, INT_ALU);
    source(u, d->base);
    source(u, d->index);
    if (d->rip) source(u, temporary(7));
    source(u, temporary(1));
    destination(u, temporary(1));
    d->base = temporary(1);
    d->index = R_NONE;
    d->rip = False;
}

static void logical(Decoding *d) {
    address_first(d);
    packed(d, SIMD_ALU, True);
}

/* Arithmetic in four forms: packed single, packed double, scalar single, scalar double. */
static void floating(Decoding *d, UChar cls) {
    if (d->repeat) scalar(d, cls, d->repeat == 0xf3 ? 4 : 8);
    else packed(d, cls, True);
}

static void move_halves(Decoding *d, Bool to_memory) {
    read_rip(d);
    if (in_register(d)) {
        UInt to = to_memory ? d->rm : d->reg, from = to_memory ? d->reg : d->rm;
        move(d, low(to), low(from));
        move(d, high(to), high(from));
        return;
    }
    for (UInt half = 0; half < 2; half++) {
        if (to_memory) save(d, xmm(d->reg, half), 8, 8 * half);
        else load(d, xmm(d->reg, half), 8, 8 * half);
    }
}

/* movss and movsd */
static void move_scalar(Decoding *d, Bool to_memory, UInt size) {
    read_rip(d);
    if (in_register(d)) {
        UInt to = to_memory ? d->rm : d->reg, from = to_memory ? d->reg : d->rm;
        move(d, low(to), low(from));
    } else if (to_memory) {
        save(d, low(d->reg), size, 0);
    } else {
        if (size == 4) vec(d, FLOAT_ADD, low(d->reg), R_NONE, R_NONE);
        vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        load(d, low(d->reg), size, 0);
    }
}

static void unpack(Decoding *d, Bool upper, Bool quads) {
    read_rip(d);
    UInt from = xmm(d->rm, upper), own = xmm(d->reg, upper);
    if (!in_register(d)) {
        if (quads && !upper) {
            load(d, high(d->reg), 8, 0);
            return;
        }
        if (upper) source(add_uop(d, INT_ALU), d->base);
        load(d, from = UFP1, 8, upper ? 8 : 0);
    }
    if (quads) {
        if (upper) move(d, low(d->reg), high(d->reg));
        move(d, high(d->reg), from);
        return;
    }
    vec(d, SIMD_MISC, xmm(d->reg, !upper), own, from);
    vec(d, SIMD_MISC, xmm(d->reg, upper), own, from);
}

/* pack, pshufd, shufps: both results from several halves, one by way of a temporary */
static void rearrange(Decoding *d, Bool own_low, Bool own_high) {
    UInt lo, hi, r = d->reg;
    operand(d, 2, &lo, &hi, 8);
    Bool in_memory = !in_register(d);
    vec(d, SIMD_MISC, in_memory ? low(r) : UFP1, own_low ? low(r) : lo, own_low ? high(r) : hi);
    vec(d, SIMD_MISC, high(r), own_high ? low(r) : lo, own_high ? high(r) : hi);
    if (!in_memory) move(d, low(r), UFP1);
}

static void shift_by_immediate(Decoding *d) {
    UInt which = (d->modrm >> 3) & 7, r = d->rm;
    UInt count = immediate(d, 1) & 0xff;
    if (!d->wide16) { /* MMX */
        vec(d, SIMD_ALU, R_ST + (r & 7), R_ST + (r & 7), R_NONE);
        return;
    }
    if (which != 3 && which != 7) {
        vec(d, SIMD_ALU, low(r), low(r), R_NONE);
        vec(d, SIMD_ALU, high(r), high(r), R_NONE);
        return;
    }
    /* whole bytes: the micro-code branches on the count */
    UInt a = which == 7 ? 1 : 0, b = 1 - a; /* from half a into half b when shifting by 8 and more */
    for (UInt i = 0; i < (count <= 8 ? 1 : 2); i++) {
        vec(d, INT_ALU, temporary(2), R_NONE, R_NONE);
        destination(vec(d, INT_ALU, temporary(1), temporary(2), R_NONE), R_ECF);
        Uop *u = add_uop(d, INT_ALU);
        read_flags(u);
        u->flags = U_BRANCH | ((count <= 8 || (i == 1 && count <= 16)) ? U_TAKEN : 0);
    }
    if (count <= 8) {
        vec(d, SIMD_ALU, UFP1, xmm(r, b), R_NONE);
        vec(d, SIMD_ALU, xmm(r, a), xmm(r, a), R_NONE);
        vec(d, SIMD_ALU, xmm(r, b), xmm(r, b), R_NONE);
        vec(d, SIMD_ALU, xmm(r, a), xmm(r, a), UFP1);
    } else if (count <= 16) {
        vec(d, SIMD_ALU, xmm(r, a), xmm(r, b), R_NONE);
        vec(d, FLOAT_ADD, xmm(r, b), R_NONE, R_NONE);
        add_uop(d, INT_ALU)->flags = U_BRANCH | U_TAKEN;
    } else {
        vec(d, FLOAT_ADD, xmm(r, a), R_NONE, R_NONE);
        vec(d, FLOAT_ADD, xmm(r, b), R_NONE, R_NONE);
        add_uop(d, INT_ALU)->flags = U_BRANCH | U_TAKEN;
    }
    add_uop(d, NO_UNIT);
}

static void to_integer(Decoding *d, UInt reg, UInt from) { vec(d, SIMD_MISC, reg, from, R_NONE); }

static void sign_mask(Decoding *d) {
    UInt reg = gpr(d->reg);
    limm(d, reg);
    for (UInt half = 0; half < 2; half++) vec(d, SIMD_MISC, reg, xmm(d->rm, half), reg);
}

static void convert(Decoding *d, UChar opcode) {
    UInt lo, hi, r = d->reg;
    if (opcode == 0x2a && d->repeat) { /* cvtsi2ss, cvtsi2sd */
        read_rip(d);
        UInt size = (d->rex & 8) ? 8 : 4;
        UInt from = in_register(d) ? gpr(d->rm) : temporary(1);
        if (!in_register(d)) load(d, temporary(1), size, 0);
        vec(d, SIMD_MISC, UFP1, from, R_NONE);
        vec(d, SIMD_FMUL, low(r), UFP1, low(r));
    } else if ((opcode == 0x2c || opcode == 0x2d) && d->repeat) {
        operand(d, 1, &lo, &hi, 8);
        vec(d, SIMD_FMUL, UFP1, lo, R_NONE);
        to_integer(d, gpr(r), UFP1);
    } else if (opcode == 0x5a && d->repeat) {
        operand(d, 1, &lo, &hi, d->repeat == 0xf3 ? 4 : 8);
        vec(d, SIMD_FMUL, low(r), lo, low(r));
    } else {
        packed(d, SIMD_FMUL, False);
    }
}

/* The opcodes 0xd0 to 0xff and their like: which class of unit computes them. */
static UChar integer_class(UChar opcode) {
    switch (opcode) {
    case 0x64 ... 0x66: case 0x74 ... 0x76: return SIMD_CVT; /* comparisons */
    case 0xd5: case 0xe4: case 0xe5: case 0xf4: case 0xf5: return SIMD_MUL;
    default: return SIMD_ALU;
    }
}

static void mmx(Decoding *d, UChar opcode) {
    read_rip(d);
    UInt reg = R_ST + (d->reg & 7), rm = R_ST + (d->rm & 7);
    if (opcode == 0x7f || opcode == 0xe7) {
        if (in_register(d)) move(d, rm, reg);
        else save(d, reg, 8, 0);
        return;
    }
    if (!in_register(d)) load(d, rm = UFP1, 8, 0);
    vec(d, integer_class(opcode), reg, reg, rm);
}

void masked_bytes(Decoding *d) {
    Bool on_mmx = !d->vex && !d->wide16;
    d->inst->by_memory = True;
    d->mod = 0;
    d->base = gpr(7); /* rdi */
    d->index = R_NONE;
    for (UInt h = 0; h < (on_mmx ? 1 : 2); h++) {
        UInt reg = on_mmx ? mmx_register(d->reg) : xmm(d->reg, h), mask = on_mmx ? mmx_register(d->rm) : xmm(d->rm, h);
        vec(d, SIMD_MISC, UFP1, mask, reg);
        for (UInt i = 0; i < 2; i++) vec(d, SIMD_ALU, UFP1, UFP1, R_NONE);
        save(d, UFP1, 8, 8 * h);
    }
}

/* Conversions between packed integers of MMX and vectors. */
static void convert_mmx(Decoding *d, UChar opcode) {
    UInt rm = mmx_register(d->rm);
    if (opcode == 0x2a) {
        read_rip(d);
        if (!in_register(d)) load(d, rm = UFP1, 8, 0);
        vec(d, SIMD_FMUL, low(d->reg), rm, d->wide16 ? R_NONE : low(d->reg));
        if (d->wide16) vec(d, SIMD_FMUL, high(d->reg), rm, R_NONE);
        return;
    }
    UInt from[2];
    if (d->wide16) {
        right(d, from);
        vec(d, SIMD_FMUL, mmx_register(d->reg), from[0], from[1]);
    } else {
        from[0] = right_part(d, 8);
        vec(d, SIMD_FMUL, mmx_register(d->reg), from[0], R_NONE);
    }
}

void decode_vector(Decoding *d, UChar opcode) {
    UInt lo, hi;
    if (opcode == 0x38 || opcode == 0x3a) {
        decode_three_byte(d, opcode == 0x3a ? 3 : 2);
        return;
    }
    if (opcode == 0x77) {
        add_uop(d, NO_UNIT);
        return;
    }
    read_modrm(d);
    Bool takes_immediate = opcode == 0x70 || opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6);
    if (takes_immediate) immediate(d, 1);
    switch (opcode) {
    case 0x10: case 0x11:
        if (d->repeat) move_scalar(d, opcode & 1, d->repeat == 0xf3 ? 4 : 8);
        else move_halves(d, opcode & 1);
        return;
    case 0x12: case 0x16:
        if (d->repeat) { /* movddup; movsldup, movshdup */
            if (d->repeat == 0xf2) widened(d, WAY(SIMD_MISC), 8);
            else packed_way(d, WAY(SIMD_MISC), ABSENT, ABSENT);
            return;
        }
        read_rip(d);
        if (in_register(d))
            move(d, xmm(d->reg, opcode == 0x16), xmm(d->rm, opcode == 0x12));
        else
            load(d, xmm(d->reg, opcode == 0x16), 8, 0);
        return;
    case 0x13: case 0x17:
        read_rip(d);
        save(d, xmm(d->reg, opcode == 0x17), 8, 0);
        return;
    case 0x14: case 0x15: unpack(d, opcode & 1, d->wide16); return;
    case 0x28: case 0x29: case 0x2b: case 0x6f: case 0x7f: case 0xe7: {
        Bool stores = opcode == 0x29 || opcode == 0x2b || opcode == 0x7f || opcode == 0xe7;
        if (opcode >= 0x6f && !d->wide16 && d->repeat != 0xf3) mmx(d, opcode);
        else move_halves(d, stores);
        return;
    }
    case 0x2a: case 0x2c: case 0x2d:
        if (d->repeat) convert(d, opcode);
        else convert_mmx(d, opcode);
        return;
    case 0x5a: case 0x5b: case 0xe6: convert(d, opcode); return;
    case 0xf0: move_halves(d, False); return; /* lddqu */
    case 0xf7: masked_bytes(d); return;
    case 0x2e: case 0x2f: {
        operand(d, 1, &lo, &hi, d->wide16 ? 8 : 4);
        Uop *u = vec(d, SIMD_FMUL, R_ZAPS, lo, low(d->reg));
        destination(u, R_CFOF);
        source(u, R_ZAPS);
        source(u, R_CFOF);
        return;
    }
    case 0x50: case 0xd7:
        if (opcode == 0x50 || d->wide16) sign_mask(d);
        else vec(d, SIMD_MISC, gpr(d->reg), mmx_register(d->rm), R_NONE);
        return;
    case 0x51: floating(d, SIMD_FSQRT); return;
    case 0x52: case 0x53: case 0x58: case 0x5c: case 0x5d: case 0x5f: floating(d, SIMD_FADD); return;
    case 0x54 ... 0x57: logical(d); return;
    case 0x59: floating(d, SIMD_FMUL); return;
    case 0x5e: floating(d, SIMD_FDIV); return;
    case 0x60 ... 0x62:
        if (d->wide16) unpack(d, False, False);
        else mmx(d, opcode);
        return;
    case 0x68 ... 0x6a:
        if (d->wide16) unpack(d, True, False);
        else mmx(d, opcode);
        return;
    case 0x6c: case 0x6d: unpack(d, opcode & 1, True); return;
    case 0x63: case 0x67: case 0x6b:
        if (d->wide16) rearrange(d, True, False);
        else mmx(d, opcode);
        return;
    case 0x6e: { /* movd, movq from an integer register */
        read_rip(d);
        UInt to = d->wide16 ? low(d->reg) : R_ST + (d->reg & 7);
        if (in_register(d)) vec(d, SIMD_MISC, to, gpr(d->rm), to);
        else load(d, to, (d->rex & 8) ? 8 : 4, 0);
        if (d->wide16) vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        return;
    }
    case 0x7e:
        read_rip(d);
        if (d->repeat == 0xf3) {
            if (in_register(d)) move(d, low(d->reg), low(d->rm));
            else load(d, low(d->reg), 8, 0);
            vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        } else {
            UInt from = d->wide16 ? low(d->reg) : R_ST + (d->reg & 7);
            if (in_register(d)) to_integer(d, gpr(d->rm), from);
            else save(d, from, (d->rex & 8) ? 8 : 4, 0);
        }
        return;
    case 0xd6:
        read_rip(d);
        if (d->repeat == 0xf3) { /* movq2dq */
            vec(d, INT_ALU, low(d->reg), mmx_register(d->rm), R_NONE);
            vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        } else if (d->repeat) { /* movdq2q */
            vec(d, INT_ALU, mmx_register(d->reg), low(d->rm), R_NONE);
        } else if (in_register(d)) {
            move(d, low(d->rm), low(d->reg));
            vec(d, FLOAT_ADD, high(d->rm), R_NONE, R_NONE);
        } else {
            save(d, low(d->reg), 8, 0);
        }
        return;
    case 0x70:
        if (d->repeat) { /* pshuflw, pshufhw: one half */
            UInt half = d->repeat == 0xf3;
            read_rip(d);
            if (!in_register(d)) load(d, UFP1, 8, 8 * half);
            vec(d, SIMD_MISC, xmm(d->reg, half), in_register(d) ? xmm(d->rm, half) : UFP1, R_NONE);
        } else if (d->wide16) {
            rearrange(d, False, False);
        } else {
            mmx(d, opcode);
        }
        return;
    case 0x71 ... 0x73: shift_by_immediate(d); return;
    case 0x7c: case 0x7d: case 0xd0:
        operand(d, 2, &lo, &hi, 8);
        vec(d, SIMD_FADD, UFP1, low(d->reg), high(d->reg));
        vec(d, SIMD_FADD, high(d->reg), lo, hi);
        move(d, low(d->reg), UFP1);
        return;
    case 0xc2: floating(d, SIMD_FMUL); return;
    case 0xc4: {
        read_rip(d);
        UInt from = in_register(d) ? gpr(d->rm) : temporary(1);
        if (!in_register(d)) load(d, temporary(1), 2, 0);
        if (!d->wide16) {
            vec(d, SIMD_MISC, mmx_register(d->reg), from, mmx_register(d->reg));
            return;
        }
        vec(d, SIMD_MISC, low(d->reg), from, low(d->reg));
        vec(d, SIMD_MISC, high(d->reg), from, high(d->reg));
        return;
    }
    case 0xc5:
        if (!d->wide16) {
            vec(d, SIMD_MISC, gpr(d->reg), mmx_register(d->rm), R_NONE);
            return;
        }
        vec(d, SIMD_MISC, gpr(d->reg), low(d->rm), gpr(d->reg));
        vec(d, SIMD_MISC, gpr(d->reg), high(d->rm), gpr(d->reg));
        return;
    case 0xc6: rearrange(d, True, False); return;
    default:
        if ((opcode >= 0x64 && opcode <= 0x66) || (opcode >= 0x74 && opcode <= 0x76) || opcode >= 0xd0) {
            Bool is_logical = opcode == 0xdb || opcode == 0xdf || opcode == 0xeb || opcode == 0xef;
            if (d->wide16 && is_logical) logical(d);
            else if (d->wide16) packed(d, integer_class(opcode), True);
            else mmx(d, opcode);
            return;
        }
        packed(d, SIMD_ALU, True);
        d->inst->known = 0;
    }
}
