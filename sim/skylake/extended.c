/* The two-byte opcodes that are not vector instructions. */
#include "encoding.h"

static UInt t1(void) { return temporary(1); }
static UInt t4(void) { return temporary(4); }

static void unit(Decoding *d, UInt dst, UInt a, UInt b) { op(d, INT_ALU, dst, a, b, F_NONE); }

static void conditional_move(Decoding *d) {
    read_modrm(d);
    read_rip(d);
    if (!in_register(d)) load(d, t1(), d->size, 0);
    UInt reg = gpr(d->reg), from = in_register(d) ? gpr(d->rm) : t1();
    read_flags(op(d, INT_ALU, reg, reg, R_NONE, F_NONE));
    read_flags(op(d, INT_ALU, reg, reg, from, F_NONE));
}

static void set_byte(Decoding *d) {
    d->size = 1;
    read_modrm(d);
    read_rip(d);
    UInt reg = in_register(d) ? byte_register(d, d->rm) : t1();
    for (UInt i = 0; i < 2; i++) read_flags(op(d, INT_ALU, reg, reg, R_NONE, F_NONE));
    if (!in_register(d)) save(d, t1(), 1, 0);
}

/* movzx and movsx from `bytes` bytes */
static void extend(Decoding *d, UInt bytes) {
    UChar size = d->size;
    read_modrm(d);
    read_rip(d);
    d->size = bytes;
    UInt from = in_register(d) ? operand_register(d, d->rm) : t1();
    if (!in_register(d)) load(d, t1(), bytes, 0);
    if (in_register(d) && bytes == 1) {
        unit(d, t1(), t1(), from);
        from = t1();
    }
    d->size = size;
    unit(d, gpr(d->reg), from, R_NONE);
}

/* bt, bts, btr, btc (which 0 to 3) by a register or an immediate */
static void bit_test(Decoding *d, UInt which, Bool by_immediate) {
    if (by_immediate) immediate(d, 1);
    UInt by = by_immediate ? R_NONE : gpr(d->reg);
    if (in_register(d)) {
        d->inst->by_memory = !by_immediate;
        op(d, INT_ALU, R_NONE, gpr(d->rm), by, F_CARRY_ONLY);
        if (which == 0) return;
        limm(d, t1());
        unit(d, t1(), t1(), by);
        unit(d, gpr(d->rm), gpr(d->rm), t1());
        return;
    }
    read_rip(d);
    if (by_immediate) {
        limm(d, t1());
    } else {
        unit(d, temporary(2), by, R_NONE);
        unit(d, temporary(3), temporary(2), R_NONE);
        unit(d, temporary(3), temporary(3), d->base);
    }
    if (which) {
        limm(d, t4());
        unit(d, t4(), t4(), by);
    }
    if (d->lock) add_uop(d, NO_UNIT)->flags = U_BARRIER;
    source(load(d, t1(), d->size, 0), by_immediate ? R_NONE : temporary(3));
    op(d, INT_ALU, R_NONE, t1(), by, F_CARRY_ONLY);
    if (which) {
        unit(d, t1(), t1(), t4());
        save(d, t1(), d->size, 0);
    }
    if (d->lock) add_uop(d, NO_UNIT)->flags = U_BARRIER;
}

/* bsf and bsr: a binary search in micro-operations */
static void bit_scan(Decoding *d, Bool forward) {
    read_modrm(d);
    read_rip(d);
    UInt reg = gpr(d->reg), t2 = temporary(2), t3 = temporary(3), from = gpr(d->rm);
    unit(d, t1(), R_NONE, R_NONE);
    if (!in_register(d)) load(d, from = t1(), d->size, 0);
    Uop *u = op(d, INT_ALU, t1(), from, R_NONE, F_NONE);
    source(u, R_ZAPS);
    destination(u, R_ZAPS);
    u = add_uop(d, INT_ALU);
    u->flags = U_BRANCH;
    read_flags(u);
    unit(d, reg, R_NONE, R_NONE);
    if (forward) {
        unit(d, t2, t1(), R_NONE);
        unit(d, t1(), t2, t1());
    }
    for (UInt i = 0; i < 6; i++) {
        op(d, INT_ALU, t3, t1(), R_NONE, F_EMULATED);
        unit(d, t4(), reg, R_NONE);
        read_flags(op(d, INT_ALU, reg, reg, t4(), F_NONE));
        if (i < 5) read_flags(op(d, INT_ALU, t1(), t1(), t3, F_NONE));
    }
    add_uop(d, NO_UNIT);
}

static void double_shift(Decoding *d, Bool by_immediate) {
    read_modrm(d);
    if (by_immediate) immediate(d, 1);
    read_rip(d);
    UInt rm = in_register(d) ? gpr(d->rm) : t1();
    if (!in_register(d)) load(d, t1(), d->size, 0);
    Uop *u = add_uop(d, INT_ALU);
    source(u, gpr(d->reg));
    destination(u, R_DOUBLEBITS);
    u = op(d, INT_ALU, rm, rm, by_immediate ? R_NONE : gpr(1), F_NO_ADJUST);
    source(u, R_DOUBLEBITS);
    if (!in_register(d)) save(d, t1(), d->size, 0);
}

static void compare_exchange(Decoding *d, Bool bytes) {
    if (bytes) d->size = 1;
    read_modrm(d);
    read_rip(d);
    UInt reg = operand_register(d, d->reg), rax = gpr(0);
    UInt rm = in_register(d) ? operand_register(d, d->rm) : t1();
    Bool fenced = d->lock && !in_register(d);
    if (fenced) add_uop(d, NO_UNIT)->flags = U_BARRIER;
    if (!in_register(d)) load(d, t1(), d->size, 0);
    op(d, INT_ALU, R_NONE, rax, rm, F_ALL);
    read_flags(op(d, INT_ALU, rm, rm, reg, F_NONE));
    if (!in_register(d)) save(d, t1(), d->size, 0);
    if (fenced) add_uop(d, NO_UNIT)->flags = U_BARRIER;
    read_flags(op(d, INT_ALU, rax, rax, rm, F_NONE));
}

static void exchange_add(Decoding *d, Bool bytes) {
    if (bytes) d->size = 1;
    read_modrm(d);
    read_rip(d);
    UInt reg = operand_register(d, d->reg), t2 = temporary(2);
    UInt rm = in_register(d) ? operand_register(d, d->rm) : t1();
    Bool fenced = d->lock && !in_register(d);
    if (fenced) add_uop(d, NO_UNIT)->flags = U_BARRIER;
    if (!in_register(d)) load(d, t1(), d->size, 0);
    op(d, INT_ALU, t2, rm, reg, F_ALL);
    if (!in_register(d)) save(d, t2, d->size, 0);
    if (fenced) add_uop(d, NO_UNIT)->flags = U_BARRIER;
    unit(d, in_register(d) ? rm : reg, rm, R_NONE);
    if (in_register(d)) unit(d, reg, t2, R_NONE);
}

void save_state(Decoding *d, UInt which) {
    read_rip(d);
    if (which == 2) { /* ldmxcsr */
        load(d, t1(), 4, 0);
        op(d, INT_ALU, R_NONE, t1(), R_NONE, F_NONE)->flags = U_SERIALIZE_AFTER;
    } else if (which == 3) { /* stmxcsr */
        unit(d, t1(), R_NONE, R_NONE);
        save(d, t1(), 4, 0);
    } else if (which == 0 || which == 4 || which == 6) {
        for (UInt i = 0; i < 24; i++) save(d, t1(), 8, 8 * i);
    } else if (which == 1 || which == 5) {
        for (UInt i = 0; i < 24; i++) load(d, t1(), 8, 8 * i);
    } else {
        add_uop(d, NO_UNIT);
    }
}

static void group15(Decoding *d) {
    read_modrm(d);
    UInt which = (d->modrm >> 3) & 7;
    if (!in_register(d)) {
        if (which == 6 && d->wide16) add_uop(d, NO_UNIT); /* clwb */
        else save_state(d, which);
    } else if (d->repeat == 0xf3) { /* rdfsbase and its like */
        if (which < 2) unit(d, gpr(d->rm), R_NONE, R_NONE);
        else unit(d, R_NONE, gpr(d->rm), R_NONE);
    } else {
        add_uop(d, NO_UNIT)->flags = which == 5 ? U_SERIALIZE_AFTER : U_BARRIER;
    }
}

static void time_stamp(Decoding *d) {
    for (UInt i = 0; i < 3; i++) unit(d, i == 0 ? t1() : i == 1 ? gpr(0) : gpr(2), t1(), R_NONE);
}

/* popcnt and lzcnt: three cycles on the multiplier's port (LLVM's model; gem5 has no figure). A tzcnt is what
 * compilers write for bsf, and gem5 takes it for that. */
static void count_bits(Decoding *d) {
    read_modrm(d);
    read_rip(d);
    if (!in_register(d)) load(d, t1(), d->size, 0);
    op(d, INT_MUL, gpr(d->reg), in_register(d) ? gpr(d->rm) : t1(), R_NONE, F_ALL);
}

/* cmpxchg8b and cmpxchg16b */
static void compare_exchange_pair(Decoding *d) {
    UInt t2 = temporary(2);
    UChar size = d->rex & 8 ? 8 : 4;
    d->size = size;
    read_rip(d);
    if (d->lock) add_uop(d, NO_UNIT)->flags = U_BARRIER;
    load(d, t1(), size, 0);
    load(d, t2, size, size);
    op(d, INT_ALU, temporary(3), gpr(0), t1(), F_NONE);
    op(d, INT_ALU, temporary(5), gpr(2), t2, F_NONE);
    destination(op(d, INT_ALU, R_NONE, temporary(3), temporary(5), F_NONE), R_ZAPS);
    source(op(d, INT_ALU, temporary(3), gpr(3), t1(), F_NONE), R_ZAPS);
    source(op(d, INT_ALU, temporary(5), gpr(1), t2, F_NONE), R_ZAPS);
    source(op(d, INT_ALU, gpr(0), gpr(0), t1(), F_NONE), R_ZAPS);
    source(op(d, INT_ALU, gpr(2), gpr(2), t2, F_NONE), R_ZAPS);
    save(d, temporary(3), size, 0);
    save(d, temporary(5), size, size);
    if (d->lock) add_uop(d, NO_UNIT)->flags = U_BARRIER;
}

/* rdrand and rdseed: 100 cycles in LLVM's model, one after the other. */
static void random_bits(Decoding *d) {
    enum { UNIT_OF_ITS_OWN = R_UFP + 7 };
    for (UInt i = 0; i < 4; i++) {
        Uop *u = add_uop(d, FLOAT_SQRT);
        source(u, UNIT_OF_ITS_OWN);
        destination(u, UNIT_OF_ITS_OWN);
    }
    op(d, FLOAT_ADD, gpr(d->rm), UNIT_OF_ITS_OWN, R_NONE, F_ALL);
}

void decode_two_byte(Decoding *d, UChar opcode) {
    switch (opcode) {
    case 0x05:
        add_uop(d, INT_ALU)->flags = U_TRAP;
        return;
    case 0x0b: add_uop(d, NO_UNIT); return;
    case 0x0d: case 0x18: { /* prefetch */
        read_modrm(d);
        read_rip(d);
        if (in_register(d)) add_uop(d, NO_UNIT);
        else load(d, R_NONE, 1, 0);
        return;
    }
    case 0x01:
        read_modrm(d);
        if (d->modrm == 0xf9) { /* rdtscp */
            time_stamp(d);
            unit(d, gpr(1), t1(), R_NONE);
        } else {
            add_uop(d, NO_UNIT);
        }
        return;
    case 0x19 ... 0x1f:
        read_modrm(d);
        add_uop(d, NO_UNIT);
        return;
    case 0x31: time_stamp(d); return;
    case 0x40 ... 0x4f: conditional_move(d); return;
    case 0x80 ... 0x8f:
        d->inst->kind = K_COND;
        d->inst->target = (Addr)immediate(d, 4);
        branch_uops(d, True);
        return;
    case 0x90 ... 0x9f: set_byte(d); return;
    case 0xa2: {
        Uop *u = add_uop(d, INT_ALU);
        u->flags = U_SERIALIZE_AFTER;
        source(u, gpr(0));
        source(u, gpr(1));
        for (UInt i = 0; i < 4; i++) destination(u, gpr(i));
        return;
    }
    case 0xa3: case 0xab: case 0xb3: case 0xbb:
        read_modrm(d);
        bit_test(d, (opcode >> 3) & 3, False);
        return;
    case 0xba:
        read_modrm(d);
        bit_test(d, (d->modrm >> 3) & 3, True);
        return;
    case 0xa4: case 0xac: double_shift(d, True); return;
    case 0xa5: case 0xad: double_shift(d, False); return;
    case 0xae: group15(d); return;
    case 0xaf: {
        read_modrm(d);
        read_rip(d);
        if (!in_register(d)) load(d, t1(), d->size, 0);
        Uop *u = add_uop(d, INT_MUL);
        source(u, gpr(d->reg));
        source(u, in_register(d) ? gpr(d->rm) : t1());
        destination(u, R_PRODLO);
        destination(u, R_PRODHI);
        destination(u, R_CFOF);
        unit(d, gpr(d->reg), R_PRODLO, R_NONE);
        unit(d, R_NONE, R_PRODHI, R_NONE);
        return;
    }
    case 0xb0: case 0xb1: compare_exchange(d, opcode == 0xb0); return;
    case 0xb6: case 0xbe: extend(d, 1); return;
    case 0xb7: case 0xbf: extend(d, 2); return;
    case 0xb8: count_bits(d); return;
    case 0xbc: case 0xbd:
        if (opcode == 0xbd && d->repeat == 0xf3) count_bits(d);
        else bit_scan(d, opcode == 0xbc);
        return;
    case 0xc0: case 0xc1: exchange_add(d, opcode == 0xc0); return;
    case 0xc3:
        read_modrm(d);
        read_rip(d);
        save(d, gpr(d->reg), d->size, 0);
        return;
    case 0xc7: {
        read_modrm(d);
        UInt which = (d->modrm >> 3) & 7;
        if (in_register(d) && which >= 6) random_bits(d);
        else if (!in_register(d) && which == 1) compare_exchange_pair(d);
        else if (!in_register(d) && (which == 4 || which == 3)) save_state(d, which == 4 ? 4 : 5); /* xsavec, xrstors */
        else d->inst->known = 0;
        return;
    }
    case 0xc8 ... 0xcf: byte_swap(d, gpr((opcode & 7) | ((d->rex & 1) << 3))); return;
    default: decode_vector(d, opcode);
    }
}
