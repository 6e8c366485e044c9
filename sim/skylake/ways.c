/* An instruction's way through the units, for each half of a vector: what all decoders of vectors are made of. */
#include "vectors.h"

static UInt low(UInt n) { return xmm(n, 0); }
static UInt high(UInt n) { return xmm(n, 1); }

Uop *vec(Decoding *d, UChar cls, UInt dst, UInt a, UInt b) {
    Uop *u = add_uop(d, cls);
    source(u, a);
    source(u, b);
    destination(u, dst);
    return u;
}

void right(Decoding *d, UInt from[2]) {
    read_rip(d);
    for (UInt h = 0; h < 2; h++) {
        from[h] = in_register(d) ? xmm(d->rm, h) : UFP1 + h;
        if (!in_register(d)) load(d, from[h], d->half, h * d->half);
    }
}

UInt right_part(Decoding *d, UInt bytes) {
    read_rip(d);
    if (in_register(d)) return low(d->rm);
    load(d, UFP1, bytes, 0)->nsrc -= bytes < 4; /* it is not merged with what it held */
    return UFP1;
}

/* The operations of a way into `dst`; those before the last hand on by a temporary. Returns the first. */
static Uop *walk(Decoding *d, Way way, UInt between, UInt dst) {
    UInt first = d->count;
    for (UInt i = 0; i < way.count; i++)
        vec(d, way.cls[i], i + 1 < way.count ? between : dst, i ? between : R_NONE, R_NONE);
    return &d->uops[first < MAX_UOPS ? first : MAX_UOPS - 1];
}

void packed_way(Decoding *d, Way way, UInt own, UInt third) {
    UInt from[2];
    right(d, from);
    for (UInt h = 0; h < 2; h++) {
        Uop *u = walk(d, way, UFP3 + h, xmm(d->reg, h));
        source(u, from[h]);
        source(u, half_of(own, h));
        source(u, half_of(third, h));
    }
}

void mixed_way(Decoding *d, Way way, UInt own, UInt third) {
    UInt from[2];
    right(d, from);
    /* As in gem5's shuffles, the first half waits in a temporary until the second has read what it overwrites. */
    Bool waits = in_register(d) || d->reg == own || d->reg == third;
    for (UInt h = 0; h < 2; h++) {
        Uop *u = walk(d, way, UFP3 + h, h == 0 && waits ? UFP5 : xmm(d->reg, h));
        for (UInt k = 0; k < 2; k++) {
            source(u, from[k]);
            source(u, half_of(own, k));
            source(u, half_of(third, k));
        }
    }
    if (waits) vec(d, INT_ALU, low(d->reg), UFP5, R_NONE);
}

void joined_way(Decoding *d, Way way, UInt own, UInt third) {
    UInt from[2];
    right(d, from);
    Uop *u = walk(d, way, UFP3, low(d->reg));
    for (UInt k = 0; k < 2; k++) {
        source(u, from[k]);
        source(u, half_of(own, k));
        source(u, half_of(third, k));
    }
    destination(&d->uops[d->count - 1], high(d->reg));
}

void scalar_way(Decoding *d, Way way, UInt own, UInt third, UInt bytes) {
    UInt from = right_part(d, bytes), end;
    Uop *u = walk(d, way, UFP3, low(d->reg));
    source(u, from);
    source(u, half_of(own, 0));
    source(u, half_of(third, 0));
    end = d->count - 1;
    if (own == ABSENT || own == d->reg) return;
    source(&d->uops[end], high(own));
    destination(&d->uops[end], high(d->reg));
}

void single_way(Decoding *d, Way way, UInt dst, Bool flags, Bool lengths) {
    UInt from[2];
    right(d, from);
    Uop *u = walk(d, way, UFP3, dst);
    for (UInt h = 0; h < 2; h++) {
        source(u, from[h]);
        source(u, xmm(d->reg, h));
        if (lengths) source(u, gpr(2 * h));
    }
    u = &d->uops[d->count - 1];
    if (flags) {
        destination(u, R_ZAPS);
        destination(u, R_CFOF);
    }
    if (dst == xmm(0, 0)) destination(u, xmm(0, 1));
}

void widened(Decoding *d, Way way, UInt bytes) {
    UInt from = right_part(d, bytes), upper = in_register(d) && bytes > 8 ? high(d->rm) : R_NONE;
    Bool waits = in_register(d) && d->rm == d->reg;
    if (waits) vec(d, INT_ALU, from = UFP1, low(d->rm), R_NONE);
    for (UInt h = 0; h < 2; h++) {
        Uop *u = walk(d, way, UFP3 + h, xmm(d->reg, h));
        source(u, from);
        source(u, upper);
    }
}
