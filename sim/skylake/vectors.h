/* Parts of vector instructions. A register is two halves, each with a micro-operation of its own: of 64 bits, as
 * in gem5; with a VEX prefix for 256 bits, of 128. A half stands for every second 64 bits, so that an instruction
 * of 128 bits finds what one of 256 bits has left in the half where it looks for it. */
#ifndef SKYLAKE_VECTORS_H
#define SKYLAKE_VECTORS_H
#include "encoding.h"

enum { UFP1 = R_UFP, UFP2, UFP3, UFP4, UFP5, UFP_RANDOM = R_UFP + 7 };
enum { ABSENT = 0xff }; /* no register */

static inline UInt half_of(UInt n, UInt half) { return n == ABSENT ? R_NONE : xmm(n, half); }
static inline UInt mmx_register(UInt n) { return R_ST + (n & 7); }

/* A micro-operation dst = a op b. */
Uop *vec(Decoding *d, UChar cls, UInt dst, UInt a, UInt b);
/* The right operand: a register's halves, or loaded. */
void right(Decoding *d, UInt from[2]);
/* Its first `bytes` bytes, in `from` alone. */
UInt right_part(Decoding *d, UInt bytes);

/* An instruction's way through the units: its operations follow each other, so that latencies add up. */
typedef struct {
    UChar count, cls[11];
} Way;
#define WAY(...) ((Way){sizeof((UChar[]){__VA_ARGS__}), {__VA_ARGS__}})

/* Each half of reg is computed of the same half of `own`, of the right operand and of `third` (ABSENT: none). */
void packed_way(Decoding *d, Way way, UInt own, UInt third);
/* Each half of reg is computed of all of both. */
void mixed_way(Decoding *d, Way way, UInt own, UInt third);
/* The same by operations that write both halves at once: for what gem5 has no micro-code of. */
void joined_way(Decoding *d, Way way, UInt own, UInt third);
/* reg = own op a part of the right operand; what is above it is own's. */
void scalar_way(Decoding *d, Way way, UInt own, UInt third, UInt bytes);
/* All operations once, not for each half; the last writes `dst` (R_NONE: nothing). Reads rax and rdx if `lengths`. */
void single_way(Decoding *d, Way way, UInt dst, Bool flags, Bool lengths);
/* reg = the right operand's first `bytes` bytes, spread: each half by one operation. */
void widened(Decoding *d, Way way, UInt bytes);
/* maskmovdqu and maskmovq: ten operations, two of them stores for 128 bits (vector.c). */
void masked_bytes(Decoding *d);
#endif
