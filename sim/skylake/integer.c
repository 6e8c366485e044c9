/* The one-byte opcodes: integer arithmetic, moves, branches, string instructions. */
#include "encoding.h"

static UInt t1(void) { return temporary(1); }
static UInt t2(void) { return temporary(2); }

static void fence(Decoding *d) {
    if (d->lock) add_uop(d, NO_UNIT)->flags = U_BARRIER;
}

enum Arithmetic { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP };

/* dst = a which b; a comparison has no dst. */
static void arithmetic(Decoding *d, UInt which, UInt dst, UInt a, UInt b) {
    Uop *u = op(d, INT_ALU, which == CMP ? R_NONE : dst, a, b, F_ALL);
    if (which == ADC || which == SBB) source(u, R_CFOF);
}

/* op r/m, value: load, operate, store; `value` is a register. */
static void on_memory(Decoding *d, UInt which, UInt value) {
    read_rip(d);
    fence(d);
    load(d, t1(), d->size, 0);
    if (which == CMP) {
        arithmetic(d, which, R_NONE, t1(), value);
        return;
    }
    arithmetic(d, which, t1(), t1(), value);
    save(d, t1(), d->size, 0);
    fence(d);
}

static void group1(Decoding *d, UInt which, UInt bytes) {
    if (in_register(d)) {
        UInt r = operand_register(d, d->rm);
        immediate(d, bytes);
        limm(d, t1());
        arithmetic(d, which, r, r, t1());
        return;
    }
    immediate(d, bytes);
    read_rip(d);
    limm(d, t2());
    fence(d);
    load(d, t1(), d->size, 0);
    arithmetic(d, which, which == CMP ? R_NONE : t1(), t1(), t2());
    if (which != CMP) save(d, t1(), d->size, 0);
    fence(d);
}

static void arithmetic_block(Decoding *d, UChar opcode) {
    UInt which = opcode >> 3, form = opcode & 7;
    if (!(form & 1)) d->size = 1;
    if (form >= 4) {
        immediate(d, d->size == 8 ? 4 : d->size);
        limm(d, t1());
        arithmetic(d, which, gpr(0), gpr(0), t1());
        return;
    }
    read_modrm(d);
    UInt reg = operand_register(d, d->reg);
    if (in_register(d)) {
        UInt rm = operand_register(d, d->rm);
        if (form < 2) arithmetic(d, which, rm, rm, reg);
        else arithmetic(d, which, reg, reg, rm);
    } else if (form < 2) {
        on_memory(d, which, reg);
    } else {
        read_rip(d);
        load(d, t1(), d->size, 0);
        arithmetic(d, which, reg, reg, t1());
    }
}

/* mul1; mulel; muleh, by `value`; one-operand form where dst is rax. */
static void multiply(Decoding *d, UInt a, UInt value, UInt low, UInt high) {
    Uop *u = add_uop(d, INT_MUL);
    source(u, a);
    source(u, value);
    destination(u, R_PRODLO);
    destination(u, R_PRODHI);
    destination(u, R_CFOF);
    op(d, INT_ALU, low, R_PRODLO, R_NONE, F_NONE);
    op(d, INT_ALU, high, R_PRODHI, R_NONE, F_NONE);
}

static void group3(Decoding *d) {
    UInt which = (d->modrm >> 3) & 7, rm = operand_register(d, d->rm);
    switch (which) {
    case 0: case 1: /* test r/m, imm */
        immediate(d, d->size == 8 ? 4 : d->size);
        if (in_register(d)) {
            limm(d, t1());
            op(d, INT_ALU, R_NONE, rm, t1(), F_ALL);
        } else {
            read_rip(d);
            load(d, t1(), d->size, 0);
            limm(d, t2());
            op(d, INT_ALU, R_NONE, t1(), t2(), F_ALL);
        }
        return;
    case 2: case 3: /* not, neg */
        if (in_register(d)) {
            if (which == 2) limm(d, t1());
            op(d, INT_ALU, rm, rm, which == 2 ? t1() : R_NONE, which == 3 ? F_ALL : F_NONE);
        } else {
            read_rip(d);
            if (which == 2) limm(d, t1());
            fence(d);
            load(d, t2(), d->size, 0);
            op(d, INT_ALU, t2(), t2(), which == 2 ? t1() : R_NONE, which == 3 ? F_ALL : F_NONE);
            save(d, t2(), d->size, 0);
            fence(d);
        }
        return;
    case 4: case 5:
        read_rip(d);
        if (!in_register(d)) load(d, t1(), d->size, 0);
        multiply(d, gpr(0), in_register(d) ? rm : t1(), gpr(0), d->size == 1 ? gpr(0) : gpr(2));
        return;
    default: decode_division(d, which == 7);
    }
}

static void shift(Decoding *d, UChar opcode) {
    UInt which = (d->modrm >> 3) & 7, rm = operand_register(d, d->rm);
    UInt flags = which < 2 ? F_ROTATE : which < 4 ? F_CARRY_ONLY : F_NO_ADJUST;
    Bool by_register = opcode >= 0xd2;
    if (opcode < 0xd0) immediate(d, 1);
    if (in_register(d)) {
        Uop *u = op(d, INT_ALU, rm, rm, by_register ? gpr(1) : R_NONE, flags);
        if (by_register) source(u, R_CFOF), source(u, R_ZAPS);
        return;
    }
    read_rip(d);
    load(d, t1(), d->size, 0);
    op(d, INT_ALU, t1(), t1(), by_register ? gpr(1) : R_NONE, flags);
    save(d, t1(), d->size, 0);
}

/* wripi reg: the end of every indirect branch */
static void jump_to(Decoding *d, UInt reg) {
    Uop *u = op(d, INT_ALU, R_NONE, reg, R_NONE, F_NONE);
    u->flags = U_BRANCH;
}

static void group5(Decoding *d) {
    UInt which = (d->modrm >> 3) & 7;
    if (which == 0 || which == 1) { /* inc, dec */
        if (in_register(d)) {
            UInt rm = operand_register(d, d->rm);
            op(d, INT_ALU, rm, rm, R_NONE, F_NO_CARRY);
        } else {
            read_rip(d);
            fence(d);
            load(d, t1(), d->size, 0);
            op(d, INT_ALU, t1(), t1(), R_NONE, F_NO_CARRY);
            save(d, t1(), d->size, 0);
            fence(d);
        }
        return;
    }
    d->size = 8;
    if (which == 2) { /* call */
        d->inst->kind = K_INDIRECT_CALL;
        destination(add_uop(d, INT_ALU), in_register(d) ? t1() : temporary(7));
        UInt back = in_register(d) ? t1() : temporary(7), to = gpr(d->rm);
        if (!in_register(d)) {
            load(d, t1(), 8, 0);
            to = t1();
        }
        push_reg(d, back);
        jump_to(d, to);
    } else if (which == 4) { /* jmp */
        d->inst->kind = K_INDIRECT;
        read_rip(d);
        if (!in_register(d)) load(d, t1(), 8, 0);
        jump_to(d, in_register(d) ? gpr(d->rm) : t1());
    } else { /* push */
        read_rip(d);
        if (!in_register(d)) load(d, t1(), 8, 0);
        push_reg(d, in_register(d) ? gpr(d->rm) : t1());
    }
}

static void move(Decoding *d, UInt dst, UInt src) {
    op(d, INT_ALU, dst, src, R_NONE, F_NONE);
}

static void pop_to(Decoding *d, UInt reg) {
    Uop *u = add_uop(d, LOAD);
    source(u, gpr(4));
    destination(u, t1());
    u->slot = MEM_LOAD;
    u->size = 8;
    u = add_uop(d, INT_ALU);
    source(u, gpr(4));
    destination(u, gpr(4));
    d->size = 8;
    if (reg) move(d, reg, t1());
}

static void exchange(Decoding *d, UInt a, UInt b) {
    op(d, INT_ALU, a, a, b, F_NONE);
    op(d, INT_ALU, b, b, a, F_NONE);
    op(d, INT_ALU, a, a, b, F_NONE);
}

static void direct(Decoding *d, UChar kind, UInt bytes) {
    d->inst->kind = kind;
    d->inst->target = (Addr)immediate(d, bytes);
}

void decode_one_byte(Decoding *d, UChar opcode) {
    UChar immediate_size = d->size == 8 ? 4 : d->size;
    if (opcode < 0x40 && (opcode & 7) < 6) {
        arithmetic_block(d, opcode);
        return;
    }
    switch (opcode) {
    case 0x50 ... 0x57: push_reg(d, gpr((opcode & 7) | ((d->rex & 1) << 3))); return;
    case 0x58 ... 0x5f: pop_to(d, gpr((opcode & 7) | ((d->rex & 1) << 3))); return;
    case 0x63:
        read_modrm(d);
        read_rip(d);
        if (!in_register(d)) load(d, t1(), 4, 0);
        move(d, gpr(d->reg), in_register(d) ? gpr(d->rm) : t1());
        return;
    case 0x68: case 0x6a:
        immediate(d, opcode == 0x6a ? 1 : immediate_size);
        d->size = 8;
        limm(d, t1());
        push_reg(d, t1());
        return;
    case 0x69: case 0x6b:
        read_modrm(d);
        immediate(d, opcode == 0x6b ? 1 : immediate_size);
        read_rip(d);
        limm(d, t1());
        if (!in_register(d)) load(d, t2(), d->size, 0);
        multiply(d, in_register(d) ? gpr(d->rm) : t2(), t1(), gpr(d->reg), R_NONE);
        return;
    case 0x70 ... 0x7f:
        direct(d, K_COND, 1);
        branch_uops(d, True);
        return;
    case 0x80 ... 0x83:
        read_modrm(d);
        if (opcode == 0x80 || opcode == 0x82) d->size = 1;
        group1(d, (d->modrm >> 3) & 7, opcode == 0x81 ? immediate_size : 1);
        return;
    case 0x84: case 0x85: {
        if (opcode == 0x84) d->size = 1;
        read_modrm(d);
        read_rip(d);
        UInt reg = operand_register(d, d->reg);
        if (!in_register(d)) load(d, t1(), d->size, 0);
        op(d, INT_ALU, R_NONE, in_register(d) ? operand_register(d, d->rm) : t1(), reg, F_ALL);
        return;
    }
    case 0x86: case 0x87: {
        if (opcode == 0x86) d->size = 1;
        read_modrm(d);
        UInt reg = operand_register(d, d->reg);
        if (in_register(d)) {
            exchange(d, operand_register(d, d->rm), reg);
            return;
        }
        d->lock = True;
        read_rip(d);
        fence(d);
        load(d, t1(), d->size, 0);
        save(d, reg, d->size, 0);
        fence(d);
        move(d, reg, t1());
        return;
    }
    case 0x88: case 0x89:
        if (opcode == 0x88) d->size = 1;
        read_modrm(d);
        read_rip(d);
        if (in_register(d)) move(d, operand_register(d, d->rm), operand_register(d, d->reg));
        else save(d, operand_register(d, d->reg), d->size, 0);
        return;
    case 0x8a: case 0x8b:
        if (opcode == 0x8a) d->size = 1;
        read_modrm(d);
        read_rip(d);
        if (in_register(d)) move(d, operand_register(d, d->reg), operand_register(d, d->rm));
        else load(d, operand_register(d, d->reg), d->size, 0);
        return;
    case 0x8d: {
        read_modrm(d);
        read_rip(d);
        Uop *u = op(d, INT_ALU, gpr(d->reg), d->base, d->index, F_NONE);
        if (d->rip) source(u, temporary(7));
        if (d->size >= 4) source(u, gpr(d->reg)); /* the target merges even a whole register */
        return;
    }
    case 0x8f:
        read_modrm(d);
        pop_to(d, in_register(d) ? gpr(d->rm) : R_NONE);
        if (!in_register(d)) save(d, t1(), 8, 0);
        return;
    case 0x90:
        add_uop(d, NO_UNIT);
        return;
    case 0x91 ... 0x97: exchange(d, gpr(0), gpr((opcode & 7) | ((d->rex & 1) << 3))); return;
    case 0x98: move(d, gpr(0), gpr(0)); return;
    case 0x99:
        move(d, gpr(2), gpr(0));
        move(d, gpr(2), gpr(2));
        return;
    case 0x9c:
        read_flags(op(d, INT_ALU, t1(), R_NONE, R_NONE, F_NONE));
        push_reg(d, t1());
        return;
    case 0x9d:
        pop_to(d, R_NONE);
        op(d, INT_ALU, R_NONE, t1(), R_NONE, F_ALL)->flags = U_SERIALIZE_AFTER;
        return;
    case 0x9b: add_uop(d, NO_UNIT); return; /* fwait */
    case 0x9e: op(d, INT_ALU, R_NONE, gpr(0), R_NONE, F_ALL); return;
    case 0x9f: read_flags(op(d, INT_ALU, gpr(0), gpr(0), R_NONE, F_NONE)); return;
    case 0xa0 ... 0xa3: /* mov between al or rax and an address of 8 bytes */
        if (!(opcode & 1)) d->size = 1;
        immediate(d, d->short_address ? 4 : 8);
        limm(d, d->base = t2());
        d->mod = 0;
        if (opcode < 0xa2) load(d, gpr(0), d->size, 0);
        else save(d, gpr(0), d->size, 0);
        return;
    case 0xa4 ... 0xa7: case 0xaa ... 0xaf: decode_string(d, opcode); return;
    case 0xa8: case 0xa9:
        if (opcode == 0xa8) d->size = 1;
        immediate(d, d->size == 1 ? 1 : immediate_size);
        limm(d, t1());
        op(d, INT_ALU, R_NONE, gpr(0), t1(), F_ALL);
        return;
    case 0xb0 ... 0xb7:
        d->size = 1;
        immediate(d, 1);
        limm(d, byte_register(d, (opcode & 7) | ((d->rex & 1) << 3)));
        return;
    case 0xb8 ... 0xbf:
        immediate(d, d->size);
        limm(d, gpr((opcode & 7) | ((d->rex & 1) << 3)));
        return;
    case 0xc0: case 0xc1: case 0xd0 ... 0xd3:
        if (!(opcode & 1)) d->size = 1;
        read_modrm(d);
        shift(d, opcode);
        return;
    case 0xc2: case 0xc3: {
        d->inst->kind = K_RET;
        d->size = 8;
        if (opcode == 0xc2) {
            immediate(d, 2);
            limm(d, t2());
        }
        pop_to(d, R_NONE);
        if (opcode == 0xc2) op(d, INT_ALU, gpr(4), gpr(4), t2(), F_NONE);
        jump_to(d, t1());
        return;
    }
    case 0xc6: case 0xc7:
        if (opcode == 0xc6) d->size = 1;
        read_modrm(d);
        immediate(d, d->size == 1 ? 1 : immediate_size);
        if (in_register(d)) {
            limm(d, operand_register(d, d->rm));
            return;
        }
        read_rip(d);
        limm(d, t1());
        save(d, t1(), d->size, 0);
        return;
    case 0xc9: {
        d->size = 8;
        move(d, t1(), gpr(5));
        Uop *u = add_uop(d, LOAD);
        source(u, t1());
        destination(u, gpr(5));
        u->size = 8;
        move(d, gpr(4), t1());
        move(d, gpr(4), gpr(4));
        return;
    }
    case 0xc8: { /* enter: push rbp; mov; sub; only without nested frames is it translated */
        immediate(d, 2);
        immediate(d, 1);
        d->size = 8;
        push_reg(d, gpr(5));
        move(d, gpr(5), gpr(4));
        limm(d, t1());
        op(d, INT_ALU, gpr(4), gpr(4), t1(), F_NONE);
        return;
    }
    case 0xcc: case 0xf4: add_uop(d, INT_ALU); return;
    case 0xd7: { /* xlat: rbx and al are the address */
        d->base = gpr(3);
        d->index = gpr(0);
        d->size = 1;
        d->mod = 0;
        load(d, gpr(0), 1, 0);
        return;
    }
    case 0xd8 ... 0xdf:
        read_modrm(d);
        decode_x87(d, opcode);
        return;
    case 0xe0 ... 0xe3: {
        direct(d, K_COND, 1);
        destination(add_uop(d, INT_ALU), t1());
        op(d, INT_ALU, gpr(1), gpr(1), R_NONE, F_EMULATED);
        Uop *u = op(d, INT_ALU, R_NONE, t1(), R_NONE, F_NONE);
        u->flags = U_BRANCH;
        read_flags(u);
        return;
    }
    case 0xe8: {
        direct(d, K_CALL, 4);
        destination(add_uop(d, INT_ALU), t1());
        destination(add_uop(d, INT_ALU), temporary(7));
        push_reg(d, temporary(7));
        Uop *u = add_uop(d, INT_ALU);
        source(u, temporary(7));
        source(u, t1());
        u->flags = U_BRANCH;
        return;
    }
    case 0xe9: case 0xeb:
        direct(d, K_JUMP, opcode == 0xeb ? 1 : 4);
        branch_uops(d, False);
        return;
    case 0xf6: case 0xf7:
        if (opcode == 0xf6) d->size = 1;
        read_modrm(d);
        group3(d);
        return;
    case 0xf5: case 0xf8: case 0xf9: case 0xfc: case 0xfd:
        read_flags(op(d, INT_ALU, t1(), R_NONE, R_NONE, F_NONE));
        if (opcode == 0xf8 || opcode == 0xfc || opcode == 0xfd) limm(d, t2());
        if (opcode != 0xf5) op(d, INT_ALU, t1(), t1(), t2(), F_NONE);
        op(d, INT_ALU, R_NONE, t1(), R_NONE, F_ALL);
        return;
    case 0xfe: case 0xff:
        if (opcode == 0xfe) d->size = 1;
        read_modrm(d);
        group5(d);
        return;
    default: d->inst->known = 0;
    }
}
