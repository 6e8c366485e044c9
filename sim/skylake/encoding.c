/* Prefixes, operands and addresses of x86-64 instructions, and the parts of micro-operations.
 *
 * The sequences of micro-operations are those of gem5's micro-code; how many there are and what each
 * reads and writes decides about time here, not what they compute. */
#include "encoding.h"

UChar next_byte(Decoding *d) {
    if (d->at >= d->room || d->at >= 15) {
        d->cut = True;
        return 0;
    }
    return d->code[d->at++];
}

Long immediate(Decoding *d, UInt bytes) {
    ULong value = 0;
    for (UInt i = 0; i < bytes; i++) value |= (ULong)next_byte(d) << (8 * i);
    if (bytes && bytes < 8 && (value >> (8 * bytes - 1))) value |= ~0ULL << (8 * bytes);
    return (Long)value;
}

void read_modrm(Decoding *d) {
    d->modrm = next_byte(d);
    d->mod = d->modrm >> 6;
    d->reg = ((d->modrm >> 3) & 7) | ((d->rex & 4) ? 8 : 0);
    UInt low = d->modrm & 7;
    d->rm = low | ((d->rex & 1) ? 8 : 0);
    d->base = d->index = R_NONE;
    if (d->mod == 3) return;
    UInt displacement = d->mod == 1 ? 1 : d->mod == 2 ? 4 : 0;
    if (low == 4) {
        UChar sib = next_byte(d);
        UInt index = ((sib >> 3) & 7) | ((d->rex & 2) ? 8 : 0);
        if (index != 4) d->index = gpr(index);
        if ((sib & 7) == 5 && d->mod == 0)
            displacement = 4;
        else
            d->base = gpr((sib & 7) | ((d->rex & 1) ? 8 : 0));
    } else if (low == 5 && d->mod == 0) {
        d->rip = True;
        displacement = 4;
    } else {
        d->base = gpr(d->rm);
    }
    immediate(d, displacement);
}

Uop *add_uop(Decoding *d, UChar cls) {
    static Uop spare;
    if (d->count >= MAX_UOPS) return &spare;
    Uop *u = &d->uops[d->count++];
    *u = (Uop){.cls = cls};
    return u;
}

void source(Uop *u, UInt reg) {
    if (reg == R_NONE || u->nsrc >= SRCS) return;
    for (UInt i = 0; i < u->nsrc; i++)
        if (u->src[i] == reg) return;
    u->src[u->nsrc++] = reg;
}

void destination(Uop *u, UInt reg) {
    if (reg != R_NONE && u->ndst < DSTS) u->dst[u->ndst++] = reg;
}

Uop *op(Decoding *d, UChar cls, UInt dst, UInt a, UInt b, UInt flags) {
    Uop *u = add_uop(d, cls);
    source(u, a);
    source(u, b);
    destination(u, dst);
    if (d->size < 4) source(u, dst);
    if (flags == F_NONE) return u;
    if (flags == F_EMULATED) {
        destination(u, R_EZF);
        return u;
    }
    if (flags != F_ROTATE && flags != F_CARRY_ONLY) destination(u, R_ZAPS);
    destination(u, R_CFOF);
    if (flags == F_NO_CARRY || flags == F_CARRY_ONLY) source(u, R_CFOF);
    if (flags == F_NO_ADJUST) source(u, R_ZAPS);
    return u;
}

void read_flags(Uop *u) {
    source(u, R_ZAPS);
    source(u, R_CFOF);
    source(u, R_EZF);
    source(u, R_ECF);
}

void read_rip(Decoding *d) {
    if (d->rip && !in_register(d)) destination(add_uop(d, INT_ALU), temporary(7));
}

static void address_of(Decoding *d, Uop *u, UInt size, UInt offset) {
    source(u, d->base);
    source(u, d->index);
    if (d->rip) source(u, temporary(7));
    u->size = size;
    u->offset = offset;
}

Uop *load(Decoding *d, UInt dst, UInt size, UInt offset) {
    Uop *u = add_uop(d, LOAD);
    address_of(d, u, size, offset);
    if (size < 4) source(u, dst);
    destination(u, dst);
    u->slot = MEM_LOAD;
    if (d->lock) u->flags = U_OLDEST;
    return u;
}

Uop *save(Decoding *d, UInt src, UInt size, UInt offset) {
    Uop *u = add_uop(d, STORE);
    address_of(d, u, size, offset);
    source(u, src);
    u->slot = MEM_STORE;
    return u;
}

void limm(Decoding *d, UInt reg) {
    Uop *u = add_uop(d, INT_ALU);
    if (d->size < 4) source(u, reg);
    destination(u, reg);
}

/* st reg, [rsp - 8]; subi rsp */
void push_reg(Decoding *d, UInt reg) {
    Uop *u = add_uop(d, STORE);
    source(u, reg);
    source(u, gpr(4));
    u->slot = MEM_STORE;
    u->size = 8;
    u = add_uop(d, INT_ALU);
    source(u, gpr(4));
    destination(u, gpr(4));
}

UInt byte_register(const Decoding *d, UInt number) {
    return gpr(!d->rex && number >= 4 && number < 8 ? number - 4 : number);
}

UInt operand_register(const Decoding *d, UInt number) {
    return d->size == 1 ? byte_register(d, number) : gpr(number);
}

/* rdip t1; limm t2; wrip t1, t2 */
void branch_uops(Decoding *d, Bool conditional) {
    destination(add_uop(d, INT_ALU), temporary(1));
    destination(add_uop(d, INT_ALU), temporary(2));
    Uop *u = add_uop(d, INT_ALU);
    u->flags = U_BRANCH;
    source(u, temporary(1));
    source(u, temporary(2));
    if (conditional) read_flags(u);
}
