/* Instructions with a VEX prefix: AVX, AVX2, FMA and F16C, of the map 0F; those of 0F 38 and 0F 3A are in
 * three_byte.c and bits.c.
 *
 * gem5 has none of them. One that has a form without the prefix costs what that costs in gem5's micro-code, with as
 * many micro-operations for 256 bits as for 128, and twice the bytes in each access: on the processor both are one.
 * For one without such a form, how its latency is made is said beside it, by LLVM's
 * scheduling model of the processor (`llvm-mca -mcpu=skylake -instruction-info`, LLVM 14). */
#include "vectors.h"

static UInt low(UInt n) { return xmm(n, 0); }
static UInt high(UInt n) { return xmm(n, 1); }

/* ---- the map 0F ------------------------------------------------------------------------------------------- */

static UInt scalar_bytes(const Decoding *d) { return d->repeat == 0xf3 ? 4 : 8; }

static void arithmetic(Decoding *d, UChar cls) {
    if (d->repeat) scalar_way(d, WAY(cls), d->own, ABSENT, scalar_bytes(d));
    else packed_way(d, WAY(cls), d->own, ABSENT);
}

static void move_all(Decoding *d, Bool stores) {
    read_rip(d);
    for (UInt h = 0; h < 2; h++) {
        if (in_register(d)) vec(d, INT_ALU, xmm(stores ? d->rm : d->reg, h), xmm(stores ? d->reg : d->rm, h), R_NONE);
        else if (stores) save(d, xmm(d->reg, h), d->half, h * d->half);
        else load(d, xmm(d->reg, h), d->half, h * d->half);
    }
}

static void move_scalar(Decoding *d, Bool stores) {
    read_rip(d);
    if (in_register(d)) {
        UInt to = stores ? d->rm : d->reg, from = stores ? d->reg : d->rm;
        Uop *u = vec(d, INT_ALU, low(to), low(from), low(d->own));
        if (d->own != to) {
            source(u, high(d->own));
            destination(u, high(to));
        }
    } else if (stores) {
        save(d, low(d->reg), scalar_bytes(d), 0);
    } else {
        vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        load(d, low(d->reg), scalar_bytes(d), 0);
    }
}

/* vmovlps, vmovhps and their like: one half is replaced, the other is own's. */
static void move_half(Decoding *d, UInt half) {
    read_rip(d);
    UInt from = in_register(d) ? xmm(d->rm, !half) : UFP1;
    if (!in_register(d)) load(d, from, 8, 0);
    Uop *u = vec(d, INT_ALU, xmm(d->reg, half), from, R_NONE);
    if (d->own == d->reg) return;
    source(u, xmm(d->own, !half));
    destination(u, xmm(d->reg, !half));
}

static void store_half(Decoding *d, UInt half) {
    read_rip(d);
    save(d, xmm(d->reg, half), 8, 0);
}

static void convert(Decoding *d, UChar opcode) {
    if (opcode == 0x2a) {
        read_rip(d);
        UInt from = in_register(d) ? gpr(d->rm) : temporary(1);
        if (!in_register(d)) load(d, from, d->size, 0);
        vec(d, SIMD_MISC, UFP1, from, R_NONE);
        Uop *u = vec(d, SIMD_FMUL, low(d->reg), UFP1, low(d->own));
        if (d->own == d->reg) return;
        source(u, high(d->own));
        destination(u, high(d->reg));
    } else if (opcode == 0x2c || opcode == 0x2d) {
        vec(d, SIMD_FMUL, UFP3, right_part(d, scalar_bytes(d)), R_NONE);
        vec(d, SIMD_MISC, gpr(d->reg), UFP3, R_NONE);
    } else if (opcode == 0x5a && d->repeat) {
        scalar_way(d, WAY(SIMD_FMUL), d->own, ABSENT, scalar_bytes(d));
    } else if ((opcode == 0x5a && !d->wide16) || (opcode == 0xe6 && d->repeat == 0xf3)) {
        widened(d, WAY(SIMD_FMUL), d->half);
    } else if (opcode == 0x5b) {
        packed_way(d, WAY(SIMD_FMUL), ABSENT, ABSENT);
    } else { /* to narrower ones, by both halves of them */
        mixed_way(d, WAY(SIMD_FMUL), ABSENT, ABSENT);
    }
}

static void compare_scalars(Decoding *d) {
    Uop *u = vec(d, SIMD_FMUL, R_ZAPS, right_part(d, d->wide16 ? 8 : 4), low(d->reg));
    destination(u, R_CFOF);
    source(u, R_ZAPS);
    source(u, R_CFOF);
}

static void shift_by_immediate(Decoding *d) {
    UInt which = (d->modrm >> 3) & 7, to = d->own;
    for (UInt h = 0; h < 2; h++) {
        Uop *u = vec(d, which & 1 ? SIMD_MISC : SIMD_ALU, which & 1 && !h ? UFP3 : xmm(to, h), xmm(d->rm, h), R_NONE);
        if (which & 1) source(u, xmm(d->rm, !h)); /* whole bytes, from one half to the other */
    }
    if (which & 1) vec(d, INT_ALU, low(to), UFP3, R_NONE);
}

static void zero(Decoding *d) {
    for (UInt i = 0; i < 4; i++) add_uop(d, NO_UNIT); /* vzeroupper: four, without a unit */
    for (UInt n = 0; d->whole && n < 16; n++) destination(vec(d, SIMD_ALU, low(n), R_NONE, R_NONE), high(n));
}

static void mask_of_signs(Decoding *d) {
    UInt reg = gpr(d->reg);
    limm(d, reg);
    for (UInt h = 0; h < 2; h++) vec(d, SIMD_MISC, reg, xmm(d->rm, h), reg);
}

static UChar integer_class(UChar opcode) {
    switch (opcode) {
    case 0x64 ... 0x66: case 0x74 ... 0x76: return SIMD_CVT; /* comparisons */
    case 0xd5: case 0xe4: case 0xe5: case 0xf4: case 0xf5: return SIMD_MUL;
    default: return SIMD_ALU;
    }
}

static void insert_word(Decoding *d) {
    read_rip(d);
    UInt from = in_register(d) ? gpr(d->rm) : temporary(1);
    if (!in_register(d)) load(d, from, 2, 0);
    for (UInt h = 0; h < 2; h++) vec(d, SIMD_MISC, xmm(d->reg, h), from, xmm(d->own, h));
}

static void decode_0f(Decoding *d, UChar opcode) {
    if (opcode == 0x77) {
        zero(d);
        return;
    }
    read_modrm(d);
    if ((opcode >= 0x70 && opcode <= 0x73) || opcode == 0xc2 || (opcode >= 0xc4 && opcode <= 0xc6)) immediate(d, 1);
    switch (opcode) {
    case 0x10: case 0x11:
        if (d->repeat) move_scalar(d, opcode & 1);
        else move_all(d, opcode & 1);
        return;
    case 0x12: case 0x16:
        if (d->repeat == 0xf2 && !d->whole) widened(d, WAY(SIMD_MISC), 8);
        else if (d->repeat) packed_way(d, WAY(SIMD_MISC), ABSENT, ABSENT);
        else move_half(d, opcode == 0x16);
        return;
    case 0x13: case 0x17: store_half(d, opcode == 0x17); return;
    case 0x14: case 0x15: case 0x60 ... 0x62: case 0x68 ... 0x6a: case 0x6c: case 0x6d:
    case 0x63: case 0x67: case 0x6b: case 0xc6:
        mixed_way(d, WAY(SIMD_MISC), d->own, ABSENT);
        return;
    case 0x28: case 0x6f: case 0xf0: move_all(d, False); return;
    case 0x29: case 0x2b: case 0x7f: case 0xe7: move_all(d, True); return;
    case 0x2a: case 0x2c: case 0x2d: case 0x5a: case 0x5b: case 0xe6: convert(d, opcode); return;
    case 0x2e: case 0x2f: compare_scalars(d); return;
    case 0x50: case 0xd7: mask_of_signs(d); return;
    case 0x51: case 0x52: case 0x53: {
        UChar cls = opcode == 0x51 ? SIMD_FSQRT : SIMD_FADD;
        if (d->repeat) scalar_way(d, WAY(cls), d->own, ABSENT, scalar_bytes(d));
        else packed_way(d, WAY(cls), ABSENT, ABSENT);
        return;
    }
    case 0x54 ... 0x57: packed_way(d, WAY(SIMD_ALU), d->own, ABSENT); return;
    case 0x58: case 0x5c: case 0x5d: case 0x5f: arithmetic(d, SIMD_FADD); return;
    case 0x59: case 0xc2: arithmetic(d, SIMD_FMUL); return;
    case 0x5e: arithmetic(d, SIMD_FDIV); return;
    case 0x6e:
        read_rip(d);
        if (in_register(d)) vec(d, SIMD_MISC, low(d->reg), gpr(d->rm), R_NONE);
        else load(d, low(d->reg), d->size, 0);
        vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        return;
    case 0x70: mixed_way(d, WAY(SIMD_MISC), ABSENT, ABSENT); return;
    case 0x71 ... 0x73: shift_by_immediate(d); return;
    case 0x7c: case 0x7d: mixed_way(d, WAY(SIMD_FADD), d->own, ABSENT); return;
    case 0xd0: packed_way(d, WAY(SIMD_FADD), d->own, ABSENT); return;
    case 0x7e:
        read_rip(d);
        if (d->repeat) {
            if (in_register(d)) vec(d, INT_ALU, low(d->reg), low(d->rm), R_NONE);
            else load(d, low(d->reg), 8, 0);
            vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        } else if (in_register(d)) {
            vec(d, SIMD_MISC, gpr(d->rm), low(d->reg), R_NONE);
        } else {
            save(d, low(d->reg), d->size, 0);
        }
        return;
    case 0xd6:
        read_rip(d);
        if (!in_register(d)) {
            save(d, low(d->reg), 8, 0);
            return;
        }
        vec(d, INT_ALU, low(d->rm), low(d->reg), R_NONE);
        vec(d, FLOAT_ADD, high(d->rm), R_NONE, R_NONE);
        return;
    case 0xae: save_state(d, (d->modrm >> 3) & 7); return;
    case 0xc4: insert_word(d); return;
    case 0xc5:
        for (UInt h = 0; h < 2; h++) vec(d, SIMD_MISC, gpr(d->reg), xmm(d->rm, h), h ? gpr(d->reg) : R_NONE);
        return;
    case 0xd1 ... 0xd3: case 0xe1: case 0xe2: case 0xf1 ... 0xf3: { /* shifts by the low half of the right operand */
        read_rip(d);
        UInt by = in_register(d) ? low(d->rm) : UFP1;
        if (!in_register(d)) {
            load(d, UFP1, 8, 0);
            load(d, UFP2, 8, 8);
        }
        if (in_register(d) && d->rm == d->reg) vec(d, INT_ALU, by = UFP1, low(d->rm), R_NONE);
        for (UInt h = 0; h < 2; h++) vec(d, SIMD_ALU, xmm(d->reg, h), by, xmm(d->own, h));
        return;
    }
    case 0xf7: masked_bytes(d); return;
    case 0x64 ... 0x66: case 0x74 ... 0x76: case 0xd4: case 0xd5: case 0xd8 ... 0xe0: case 0xe3 ... 0xe5:
    case 0xe8 ... 0xef: case 0xf4 ... 0xf6: case 0xf8 ... 0xfe:
        packed_way(d, WAY(integer_class(opcode)), d->own, ABSENT);
        return;
    default: d->inst->known = 0;
    }
}

void decode_vex(Decoding *d, UChar first) {
    UChar a = next_byte(d), map = 1, last = a;
    d->rex = 0x40 | ((a & 0x80) ? 0 : 4);
    if (first == 0xc4) {
        map = a & 31;
        d->rex |= ((a & 0x40) ? 0 : 2) | ((a & 0x20) ? 0 : 1);
        last = next_byte(d);
        d->rex |= last & 0x80 ? 8 : 0;
    }
    d->vex = True;
    d->own = ~last >> 3 & 15;
    d->whole = last >> 2 & 1;
    d->half = d->whole ? 16 : 8;
    d->wide16 = (last & 3) == 1;
    d->repeat = (last & 3) == 2 ? 0xf3 : (last & 3) == 3 ? 0xf2 : 0;
    d->size = d->rex & 8 ? 8 : 4;
    if (map == 1) decode_0f(d, next_byte(d));
    else if (map == 2 || map == 3) decode_three_byte(d, map);
    else d->inst->known = 0;
}
