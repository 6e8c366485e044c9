/* Instructions whose micro-code loops: division, and repeated string instructions. */
#include "encoding.h"

static Uop *divide_step(Decoding *d, UInt low, UInt count, UInt left) {
    Uop *u = op(d, INT_DIV, left, low, count, F_NONE);
    source(u, R_REM);
    source(u, R_DIVISOR);
    source(u, R_QUOT);
    destination(u, R_REM);
    destination(u, R_QUOT);
    return u;
}

/* The loop subtracts once a step and jumps over zeros: how often it turns is in the quotient. */
void decode_division(Decoding *d, Bool is_signed) {
    UInt rax = gpr(0), rdx = d->size == 1 ? gpr(0) : gpr(2), divisor, high = rdx, low = rax;
    UInt left = temporary(1);
    if (is_signed) {
        Uop *u = op(d, INT_ALU, temporary(1), rax, R_NONE, F_NONE);
        destination(u, R_ECF);
        source(op(d, INT_ALU, temporary(4), R_NONE, R_NONE, F_NONE), R_ECF);
        op(d, INT_ALU, temporary(2), rdx, R_NONE, F_NONE);
        op(d, INT_ALU, temporary(2), temporary(2), temporary(4), F_NONE);
    }
    read_rip(d);
    if (!in_register(d)) load(d, temporary(2), d->size, 0);
    divisor = in_register(d) ? operand_register(d, d->rm) : temporary(2);
    if (is_signed) {
        UInt t3 = temporary(3);
        destination(op(d, INT_ALU, R_NONE, divisor, R_NONE, F_NONE), R_ECF);
        op(d, INT_ALU, t3, divisor, R_NONE, F_NONE);
        read_flags(op(d, INT_ALU, t3, t3, divisor, F_NONE));
        destination(op(d, INT_ALU, R_NONE, rdx, R_NONE, F_NONE), R_ECF);
        read_flags(op(d, INT_ALU, temporary(1), temporary(1), rax, F_NONE));
        read_flags(op(d, INT_ALU, temporary(2), temporary(2), rdx, F_NONE));
        divisor = t3;
        high = temporary(2);
        low = temporary(1);
        left = temporary(4);
    }
    Uop *u = add_uop(d, INT_DIV);
    source(u, high);
    source(u, divisor);
    destination(u, R_QUOT);
    destination(u, R_REM);
    destination(u, R_DIVISOR);
    divide_step(d, low, R_NONE, left);
    divide_step(d, low, left, left);
    d->inst->loop = L_DIVIDE;
    d->inst->size = d->size;
    d->inst->is_signed = is_signed;
    d->inst->pre = d->count;
    for (UInt i = 0; i < (d->size == 1 ? 1 : 3); i++) divide_step(d, low, left, left);
    destination(divide_step(d, low, left, left), R_EZF);
    u = add_uop(d, INT_ALU);
    u->flags = U_BRANCH;
    read_flags(u);
    d->inst->body = d->count - d->inst->pre;
    if (!is_signed) {
        op(d, INT_ALU, rax, R_QUOT, R_NONE, F_NONE);
        op(d, INT_ALU, rdx, R_REM, R_NONE, F_NONE);
        return;
    }
    UInt t4 = temporary(4), t5 = temporary(5), t6 = temporary(6);
    op(d, INT_ALU, t5, R_QUOT, R_NONE, F_NONE);
    op(d, INT_ALU, t6, R_REM, R_NONE, F_NONE);
    op(d, INT_ALU, t4, t6, R_NONE, F_NONE);
    read_flags(op(d, INT_ALU, rdx, rdx, t4, F_NONE));
    read_flags(op(d, INT_ALU, rdx, rdx, t6, F_NONE));
    op(d, INT_ALU, t4, t5, R_NONE, F_NONE);
    read_flags(op(d, INT_ALU, t5, t5, t4, F_NONE));
    destination(op(d, INT_ALU, R_NONE, divisor, R_NONE, F_NONE), R_ECF);
    op(d, INT_ALU, t4, t5, R_NONE, F_NONE);
    read_flags(op(d, INT_ALU, rax, rax, t4, F_NONE));
    read_flags(op(d, INT_ALU, rax, rax, t5, F_NONE));
}

/* A load from or store to [rsi] or [rdi] by a string instruction. */
static void string_access(Decoding *d, Bool is_load, UInt reg, UInt base) {
    Uop *u = add_uop(d, is_load ? LOAD : STORE);
    source(u, base);
    if (is_load) {
        destination(u, reg);
        if (d->size < 4) source(u, reg);
    } else {
        source(u, reg);
    }
    u->slot = is_load ? MEM_LOAD : MEM_STORE;
    u->size = d->size;
}

static void advance(Decoding *d, UInt reg) {
    Uop *u = add_uop(d, INT_ALU);
    source(u, reg);
    source(u, temporary(3));
    destination(u, reg);
}

void decode_string(Decoding *d, UChar opcode) {
    UInt rsi = gpr(6), rdi = gpr(7), rcx = gpr(1), kind = opcode & 0xfe;
    if (!(opcode & 1)) d->size = 1;
    Bool loop = d->repeat != 0;
    UChar size = d->size;
    d->size = 8;
    if (loop) {
        op(d, INT_ALU, R_NONE, rcx, R_NONE, F_EMULATED);
        Uop *u = add_uop(d, INT_ALU);
        u->flags = U_BRANCH;
        read_flags(u);
    }
    source(op(d, INT_ALU, R_NONE, R_NONE, R_NONE, F_EMULATED), R_DF);
    read_flags(op(d, INT_ALU, temporary(3), temporary(3), R_NONE, F_NONE));
    op(d, INT_ALU, temporary(4), R_NONE, R_NONE, F_NONE);
    read_flags(op(d, INT_ALU, temporary(3), temporary(3), temporary(4), F_NONE));
    d->inst->pre = d->count;
    d->size = size;
    if (kind == 0xa4 || kind == 0xa6) string_access(d, True, temporary(1), rsi);
    if (kind == 0xac) string_access(d, True, gpr(0), rsi);
    if (kind == 0xae) string_access(d, True, temporary(1), rdi);
    if (kind == 0xa6) string_access(d, True, temporary(2), rdi);
    if (kind == 0xa4) string_access(d, False, temporary(1), rdi);
    if (kind == 0xaa) string_access(d, False, gpr(0), rdi);
    if (kind == 0xa6) op(d, INT_ALU, R_NONE, temporary(1), temporary(2), F_ALL);
    if (kind == 0xae) op(d, INT_ALU, R_NONE, gpr(0), temporary(1), F_ALL);
    d->size = 8;
    if (loop) op(d, INT_ALU, rcx, rcx, R_NONE, F_EMULATED);
    if (kind != 0xac) advance(d, rdi);
    if (kind == 0xa4 || kind == 0xa6 || kind == 0xac) advance(d, rsi);
    if (!loop) return;
    Uop *u = add_uop(d, INT_ALU);
    u->flags = U_BRANCH;
    read_flags(u);
    d->inst->loop = L_REPEAT;
    d->inst->body = d->count - d->inst->pre;
    add_uop(d, NO_UNIT);
}
