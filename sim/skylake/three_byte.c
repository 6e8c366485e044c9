/* The maps 0F 38 and 0F 3A: SSSE3 to SSE4.2, AES and carry-less products, with a VEX prefix and without, and what of
 * AVX, AVX2, FMA and F16C lies there. Sources of figures: vex.c. */
#include "vectors.h"

static UInt low(UInt n) { return xmm(n, 0); }
static UInt high(UInt n) { return xmm(n, 1); }
static UInt word_size(const Decoding *d) { return d->rex & 8 ? 8 : 4; }

/* reg = each so many bytes of the right operand, or its register's first ones, everywhere. */
static void broadcast(Decoding *d, UInt bytes) {
    if (in_register(d)) {
        Uop *u = vec(d, d->whole ? SIMD_CVT : SIMD_MISC, low(d->reg), low(d->rm), R_NONE);
        destination(u, high(d->reg));
        return;
    }
    read_rip(d);
    Bool spreads = bytes < 4; /* what is smaller takes an operation of its own behind the load */
    Uop *u = load(d, spreads ? UFP1 : low(d->reg), bytes, 0);
    u->nsrc -= bytes < 4; /* a vector's register is not merged with what it held */
    if (spreads) u = vec(d, SIMD_MISC, low(d->reg), UFP1, R_NONE);
    destination(u, high(d->reg));
}

/* vmaskmov and vpmaskmov: reg = the loaded where `own` says so; or stores */
static void masked_load(Decoding *d) { packed_way(d, WAY(SIMD_ALU), d->own, ABSENT); }

static void masked_store(Decoding *d) {
    read_rip(d);
    for (UInt h = 0; h < 2; h++) {
        vec(d, SIMD_ALU, UFP1 + h, xmm(d->reg, h), xmm(d->own, h));
        save(d, UFP1 + h, d->half, h * d->half);
    }
}

/* A load for each element; with the operations before and behind, 22 cycles from its index, as in LLVM's model. */
static void gather(Decoding *d, UChar opcode) {
    UInt element = word_size(d), by = opcode & 1 ? 8 : 4;
    UInt count = (d->whole ? 32 : 16) / (element > by ? element : by);
    UInt index = d->index == R_NONE ? 4 : d->index - R_GPR;
    d->index = R_NONE;
    Uop *u = vec(d, SIMD_CVT, UFP2, low(index), high(index));
    source(u, low(d->own));
    source(u, high(d->own));
    vec(d, SIMD_MUL, UFP3, UFP2, R_NONE);
    d->inst->loop = L_GATHER;
    d->inst->pre = d->count;
    d->inst->body = count;
    for (UInt i = 0; i < count; i++) source(load(d, i & 1 ? UFP1 : UFP4, element, 0), UFP3);
    for (UInt h = 0; h < 2; h++) {
        u = vec(d, SIMD_MUL, UFP2, UFP1, UFP4);
        source(u, xmm(d->reg, h));
        source(u, xmm(d->own, h));
        vec(d, SIMD_MUL, xmm(d->reg, h), UFP2, R_NONE);
    }
    u = vec(d, SIMD_ALU, low(d->own), R_NONE, R_NONE); /* the mask is zero then */
    destination(u, high(d->own));
}

static void multiply_add(Decoding *d, UChar opcode) {
    /* 6 to 8, A, C, E: packed; 9, B, D, F: scalar */
    if ((opcode & 15) >= 9 && opcode & 1) scalar_way(d, WAY(SIMD_FMUL), d->own, d->reg, word_size(d));
    else packed_way(d, WAY(SIMD_FMUL), d->own, d->reg);
}

static void extend(Decoding *d, UChar opcode) {
    static const UChar parts[6] = {2, 4, 8, 2, 4, 2};
    UInt bytes = 2 * d->half / parts[opcode & 7];
    if (d->vex) {
        widened(d, d->whole ? WAY(SIMD_CVT) : WAY(SIMD_MISC), bytes);
        return;
    }
    read_rip(d);
    if (in_register(d)) vec(d, INT_ALU, UFP1, low(d->rm), UFP1);
    else load(d, UFP1, bytes, 0)->nsrc -= bytes < 4;
    vec(d, SIMD_MISC, low(d->reg), UFP1, R_NONE);
    vec(d, SIMD_MISC, high(d->reg), UFP1, R_NONE);
}

static void of_38(Decoding *d, UChar opcode) {
    switch (opcode) {
    case 0x00: packed_way(d, WAY(SIMD_MISC), d->own, ABSENT); return; /* pshufb */
    case 0x01 ... 0x03: case 0x05 ... 0x07: /* phadd, phsub */
        joined_way(d, WAY(SIMD_MISC, SIMD_MISC, SIMD_ALU), d->own, ABSENT);
        return;
    case 0x04: case 0x0b: case 0x28: case 0x40: packed_way(d, WAY(SIMD_MUL), d->own, ABSENT); return;
    case 0x08 ... 0x0a: case 0x38 ... 0x3f: packed_way(d, WAY(SIMD_ALU), d->own, ABSENT); return;
    case 0x0c: case 0x0d: mixed_way(d, WAY(SIMD_MISC), d->own, ABSENT); return; /* vpermilps, vpermilpd */
    case 0x0e: case 0x0f: single_way(d, WAY(SIMD_MISC, SIMD_MISC), R_NONE, True, False); return; /* vtestps */
    case 0x10: case 0x14: case 0x15: packed_way(d, WAY(SIMD_MISC), d->own, 0); return; /* by xmm0 */
    case 0x13: /* vcvtph2ps */
        widened(d, d->whole ? WAY(SIMD_CVT, SIMD_FMUL) : WAY(SIMD_MISC, SIMD_FMUL), d->half);
        return;
    case 0x16: case 0x36: joined_way(d, WAY(SIMD_CVT), d->own, ABSENT); return; /* vpermps, vpermd */
    case 0x17: single_way(d, WAY(SIMD_MISC, SIMD_MISC, SIMD_MISC), R_NONE, True, False); return; /* ptest */
    case 0x18: case 0x58: broadcast(d, 4); return;
    case 0x19: case 0x59: broadcast(d, 8); return;
    case 0x1a: case 0x5a: broadcast(d, 16); return;
    case 0x78: broadcast(d, 1); return;
    case 0x79: broadcast(d, 2); return;
    case 0x1c ... 0x1e: packed_way(d, WAY(SIMD_ALU), ABSENT, ABSENT); return; /* pabs */
    case 0x20 ... 0x25: case 0x30 ... 0x35: extend(d, opcode); return;
    case 0x29: case 0x37: packed_way(d, WAY(SIMD_CVT), d->own, ABSENT); return; /* pcmpeqq, pcmpgtq */
    case 0x2a: /* movntdqa */
        read_rip(d);
        for (UInt h = 0; h < 2; h++) load(d, xmm(d->reg, h), d->half, h * d->half);
        return;
    case 0x2b: mixed_way(d, WAY(SIMD_MISC), d->own, ABSENT); return; /* packusdw */
    case 0x2c: case 0x2d: case 0x8c: masked_load(d); return;
    case 0x2e: case 0x2f: case 0x8e: masked_store(d); return;
    case 0x41: { /* phminposuw */
        UInt from[2];
        right(d, from);
        vec(d, SIMD_MUL, low(d->reg), from[0], from[1]);
        vec(d, FLOAT_ADD, high(d->reg), R_NONE, R_NONE);
        return;
    }
    case 0x45 ... 0x47: packed_way(d, WAY(SIMD_ALU), d->own, ABSENT); return; /* vpsrlv, vpsrav, vpsllv */
    case 0x90 ... 0x93: gather(d, opcode); return;
    case 0x96 ... 0x9f: case 0xa6 ... 0xaf: case 0xb6 ... 0xbf: multiply_add(d, opcode); return;
    case 0xdb: joined_way(d, WAY(SIMD_MUL, SIMD_MUL), ABSENT, ABSENT); return; /* aesimc */
    case 0xdc ... 0xdf: joined_way(d, WAY(SIMD_MUL), d->own, ABSENT); return;
    default: d->inst->known = 0;
    }
}

/* ---- the map 0F 3A: all have an immediate -------------------------------------------------------------- */

static void extract(Decoding *d, UChar opcode) {
    read_rip(d);
    UInt to = in_register(d) ? gpr(d->rm) : temporary(1);
    for (UInt h = 0; h < 2; h++) vec(d, SIMD_MISC, to, xmm(d->reg, h), d->vex && !h ? R_NONE : to);
    if (!in_register(d)) save(d, to, opcode == 0x14 ? 1 : opcode == 0x15 ? 2 : opcode == 0x17 ? 4 : word_size(d), 0);
}

static void insert(Decoding *d, UChar opcode) {
    read_rip(d);
    UInt from = in_register(d) ? gpr(d->rm) : temporary(1);
    if (!in_register(d)) load(d, from, opcode == 0x20 ? 1 : word_size(d), 0);
    for (UInt h = 0; h < 2; h++) vec(d, SIMD_MISC, xmm(d->reg, h), from, xmm(d->own, h));
}

static void insert_single(Decoding *d) {
    UInt from = right_part(d, 4);
    Bool waits = in_register(d) && d->rm == d->reg;
    if (waits) vec(d, INT_ALU, from = UFP1, low(d->rm), R_NONE);
    for (UInt h = 0; h < 2; h++) source(vec(d, SIMD_MISC, xmm(d->reg, h), from, xmm(d->own, h)),
                                        in_register(d) ? high(d->rm) : R_NONE);
}

static void insert_half(Decoding *d) {
    UInt from = right_part(d, 16);
    Uop *u = vec(d, in_register(d) ? SIMD_CVT : SIMD_ALU, low(d->reg), from, low(d->own));
    if (in_register(d)) source(u, high(d->rm));
    source(u, high(d->own));
    destination(u, high(d->reg));
}

static void extract_half(Decoding *d) {
    read_rip(d);
    Uop *u;
    if (!in_register(d)) {
        u = save(d, low(d->reg), 16, 0);
    } else {
        u = vec(d, SIMD_CVT, low(d->rm), low(d->reg), R_NONE);
        destination(u, high(d->rm));
    }
    source(u, high(d->reg));
}

static void to_half_precision(Decoding *d) {
    read_rip(d);
    Bool stores = !in_register(d);
    Uop *u = vec(d, SIMD_FMUL, UFP3, low(d->reg), high(d->reg));
    u = vec(d, d->whole ? SIMD_CVT : SIMD_MISC, stores ? UFP4 : low(d->rm), UFP3, R_NONE);
    if (stores) save(d, UFP4, d->half, 0);
    else destination(u, high(d->rm));
}

/* Comparisons of strings: of explicit lengths (in rax and rdx), and of those that a zero ends. */
static void compare_strings(Decoding *d, UChar opcode) {
    Bool mask = !(opcode & 1), lengths = opcode < 0x62;
    Way way = !lengths ? WAY(SIMD_MUL, SIMD_CVT, SIMD_CVT)
              : mask ? WAY(SIMD_MUL, SIMD_MUL, SIMD_CVT, SIMD_CVT, SIMD_MISC, SIMD_MISC, SIMD_MISC, SIMD_MISC, SIMD_MISC)
                     : WAY(SIMD_MUL, SIMD_MUL, SIMD_CVT, SIMD_CVT, SIMD_MISC, SIMD_MISC, SIMD_MISC, SIMD_MISC);
    single_way(d, way, mask ? low(0) : gpr(1), True, lengths);
}

static void round_scalar(Decoding *d, UChar opcode) {
    UInt bytes = opcode == 0x0a ? 4 : 8;
    if (d->vex) {
        scalar_way(d, WAY(SIMD_FMUL, SIMD_FMUL), d->own, ABSENT, bytes);
        return;
    }
    read_rip(d);
    vec(d, INT_ALU, temporary(1), R_NONE, R_NONE);
    if (!in_register(d)) load(d, UFP1, bytes, 0);
    vec(d, SIMD_MISC, low(d->reg), in_register(d) ? low(d->rm) : UFP1, temporary(1));
}

static void of_3a(Decoding *d, UChar opcode, UInt number) {
    switch (opcode) {
    case 0x00: case 0x01: joined_way(d, WAY(SIMD_CVT), ABSENT, ABSENT); return; /* vpermq, vpermpd */
    case 0x02: packed_way(d, WAY(SIMD_ALU), d->own, ABSENT); return; /* vpblendd */
    case 0x04: case 0x05: mixed_way(d, WAY(SIMD_MISC), ABSENT, ABSENT); return; /* vpermilps, vpermilpd */
    case 0x06: case 0x46: joined_way(d, WAY(SIMD_CVT), d->own, ABSENT); return; /* vperm2f128 */
    case 0x08: case 0x09: packed_way(d, WAY(SIMD_FMUL, SIMD_FMUL), ABSENT, ABSENT); return; /* round */
    case 0x0a: case 0x0b: round_scalar(d, opcode); return;
    case 0x0c ... 0x0e: packed_way(d, WAY(SIMD_MISC), d->own, ABSENT); return; /* blend */
    case 0x0f: packed_way(d, WAY(SIMD_MISC), d->own, ABSENT); return; /* palignr */
    case 0x14 ... 0x17: extract(d, opcode); return;
    case 0x18: case 0x38: insert_half(d); return;
    case 0x19: case 0x39: extract_half(d); return;
    case 0x1d: to_half_precision(d); return;
    case 0x20: case 0x22: insert(d, opcode); return;
    case 0x21: insert_single(d); return;
    case 0x40: joined_way(d, WAY(SIMD_FMUL, SIMD_FADD, SIMD_FADD, SIMD_MISC), d->own, ABSENT); return; /* dpps */
    case 0x41: joined_way(d, WAY(SIMD_FMUL, SIMD_FADD, SIMD_MISC), d->own, ABSENT); return; /* dppd */
    case 0x42: joined_way(d, WAY(SIMD_MISC, SIMD_CVT), d->own, ABSENT); return; /* mpsadbw */
    case 0x44: joined_way(d, WAY(SIMD_CVT, SIMD_CVT), d->own, ABSENT); return; /* pclmulqdq */
    case 0x4a ... 0x4c: packed_way(d, WAY(SIMD_MISC, SIMD_MISC), d->own, number >> 4 & 15); return; /* vblendv */
    case 0x60 ... 0x63: compare_strings(d, opcode); return;
    case 0xdf: /* aeskeygenassist */
        joined_way(d, WAY(SIMD_MUL, SIMD_MUL, SIMD_MUL, SIMD_MISC, SIMD_MISC, SIMD_MISC, SIMD_MISC, SIMD_MISC, SIMD_MISC,
                          SIMD_MISC, SIMD_MISC), ABSENT, ABSENT);
        return;
    default: d->inst->known = 0;
    }
}

/* SSSE3 on the registers of MMX. */
static void on_mmx(Decoding *d, UInt map, UChar opcode) {
    UInt reg = mmx_register(d->reg), rm = mmx_register(d->rm);
    Bool one = map == 2 && opcode >= 0x1c, multiplies = opcode == 0x04 || opcode == 0x0b;
    read_rip(d);
    if (!in_register(d)) load(d, rm = UFP1, 8, 0);
    vec(d, multiplies ? SIMD_MUL : SIMD_MISC, reg, one ? R_NONE : reg, rm);
}

void decode_three_byte(Decoding *d, UInt map) {
    UChar opcode = next_byte(d);
    UInt number = 0;
    read_modrm(d);
    if (map == 3) number = immediate(d, 1);
    if (!d->vex) d->own = d->reg;
    if (decode_bits(d, map, opcode)) return;
    Bool on_mmx_too = map == 2 ? opcode <= 0x0b || (opcode >= 0x1c && opcode <= 0x1e) : opcode == 0x0f;
    if (!d->vex && !d->wide16 && on_mmx_too) on_mmx(d, map, opcode);
    else if (!d->vex && !d->wide16) d->inst->known = 0;
    else if (map == 2) of_38(d, opcode);
    else of_3a(d, opcode, number);
}
