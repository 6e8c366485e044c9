/* The floating-point stack. Where its top is, is not followed: its registers are taken as fixed. But what moves the
 * top writes a control register, which the target does alone: as the oldest operation, with nothing behind it. */
#include "encoding.h"

static UInt st(UInt n) { return R_ST + (n & 7); }

static Uop *fp(Decoding *d, UChar cls, UInt dst, UInt a, UInt b) {
    Uop *u = add_uop(d, cls);
    source(u, a);
    source(u, b);
    destination(u, dst);
    return u;
}

static void alone(Uop *u) { u->flags |= U_SERIALIZE_AFTER | U_OLDEST; }

static void pop(Decoding *d) { alone(add_uop(d, INT_ALU)); }

/* All registers, or the control words before them, in words of 8 bytes and a last one of 4. */
static void whole_state(Decoding *d, Bool loads, UInt words) {
    for (UInt i = 0; i < words; i++) {
        UInt size = i + 1 < words ? 8 : 4, offset = 8 * i;
        if (loads) load(d, i + 9u > words ? st(i) : temporary(1), size, offset);
        else save(d, st(i), size, offset);
    }
    pop(d);
}

static void in_memory(Decoding *d, UChar opcode, UInt which) {
    UInt size = opcode == 0xdc || opcode == 0xdd ? 8 : opcode == 0xde || opcode == 0xdf ? 2 : 4;
    Bool integer = opcode == 0xda || opcode == 0xdb || opcode == 0xde || opcode == 0xdf;
    read_rip(d);
    if (!(opcode & 1)) { /* arithmetic with memory */
        UChar cls = which >= 6 ? FLOAT_DIV : which == 1 ? FLOAT_MUL : FLOAT_ADD;
        load(d, R_UFP, size, 0);
        fp(d, cls, st(0), st(0), R_UFP);
        return;
    }
    if (opcode == 0xdd && (which == 4 || which == 6)) { /* frstor, fnsave: 108 bytes */
        whole_state(d, which == 4, 14);
    } else if (opcode == 0xd9 && (which == 4 || which == 6)) { /* fldenv, fnstenv: 28 bytes */
        whole_state(d, which == 4, 4);
    } else if (opcode == 0xdd && which == 7) { /* fnstsw */
        fp(d, INT_ALU, temporary(1), R_NONE, R_NONE);
        save(d, temporary(1), 2, 0);
    } else if (opcode == 0xdf && which == 4) { /* fbld: 80 bits of decimal digits */
        load(d, temporary(1), 8, 0);
        load(d, temporary(2), 2, 8);
        alone(fp(d, FLOAT_SQRT, st(0), temporary(1), temporary(2)));
    } else if (opcode == 0xdf && which == 6) { /* fbstp */
        fp(d, FLOAT_SQRT, temporary(1), st(0), R_NONE);
        save(d, temporary(1), 8, 0);
        save(d, temporary(1), 2, 8);
        pop(d);
    } else if (opcode == 0xdb && which == 5) { /* fld m80 */
        load(d, temporary(1), 8, 0);
        load(d, temporary(2), 2, 8);
        alone(fp(d, FLOAT_ADD, st(0), temporary(1), temporary(2)));
    } else if (opcode == 0xdb && which == 7) { /* fstp m80 */
        fp(d, FLOAT_ADD, temporary(1), st(0), R_NONE);
        fp(d, FLOAT_ADD, temporary(2), st(0), R_NONE);
        save(d, temporary(1), 8, 0);
        save(d, temporary(2), 2, 8);
        pop(d);
    } else if (opcode == 0xd9 && which >= 4) { /* control word and environment */
        if (which == 5) load(d, temporary(1), 2, 0);
        Uop *u = fp(d, INT_ALU, temporary(1), temporary(1), R_NONE);
        if (which == 5) alone(u);
        if (which == 7) save(d, temporary(1), 2, 0);
    } else if (which == 0 || which == 5) {
        load(d, R_UFP, which == 5 ? 8 : size, 0);
        alone(fp(d, INT_ALU, st(0), R_UFP, st(0)));
    } else {
        UInt from = integer ? temporary(1) : R_UFP;
        if (integer) fp(d, FLOAT_ADD, from, st(0), R_NONE);
        else if (which == 3) fp(d, INT_ALU, from, st(0), from);
        save(d, which == 2 && !integer ? st(0) : from, which == 7 ? 8 : size, 0);
        if (which != 2) pop(d);
    }
}

void decode_x87(Decoding *d, UChar opcode) {
    UInt which = (d->modrm >> 3) & 7, i = d->modrm & 7;
    Uop *last;
    if (!in_register(d)) {
        in_memory(d, opcode, which);
        return;
    }
    Bool moves = False; /* the top */
    if (opcode == 0xd8 || opcode == 0xdc || opcode == 0xde) {
        UChar cls = which >= 6 ? FLOAT_DIV : which == 1 ? FLOAT_MUL : FLOAT_ADD;
        last = fp(d, cls, opcode == 0xd8 ? st(0) : st(i), st(0), st(i));
        moves = opcode == 0xde;
    } else if (opcode == 0xd9 && which == 1) { /* fxch */
        fp(d, INT_ALU, R_UFP, st(i), R_UFP);
        fp(d, INT_ALU, st(i), st(0), st(i));
        last = fp(d, INT_ALU, st(0), R_UFP, st(0));
    } else if (opcode == 0xd9 && which == 5) { /* constants */
        fp(d, INT_ALU, R_UFP, R_NONE, R_NONE);
        last = fp(d, INT_ALU, st(0), R_UFP, st(0));
        moves = True;
    } else if (opcode == 0xd9 && d->modrm == 0xfa) {
        last = fp(d, FLOAT_SQRT, st(0), st(0), R_NONE);
    } else if ((opcode == 0xdb || opcode == 0xdf) && (which == 5 || which == 6)) { /* fcomi */
        last = fp(d, FLOAT_ADD, R_ZAPS, st(0), st(i));
        destination(last, R_CFOF);
        moves = opcode == 0xdf;
    } else if (opcode == 0xd9 && which >= 6) { /* transcendental functions and remainders */
        last = fp(d, FLOAT_SQRT, st(0), st(0), st(1));
    } else {
        last = fp(d, INT_ALU, st(0), st(i), st(0));
        moves = (opcode == 0xd9 && which == 0) || (opcode == 0xdd && which == 3);
    }
    if (moves) alone(last);
}
