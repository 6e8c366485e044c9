/* The execution ports: which classes each begins, one a cycle; all operations are pipelined. */
#include "back_end.h"

enum { RING = 8192, WIDTH = CORE_ISSUE_WIDTH };

/* Bit n is port n. */
static const struct {
    UChar ports, latency;
} units[CLASSES] = {
    [NO_UNIT] = {0, 1},
#define UNIT(operation) {PORTS_##operation, LATENCY_##operation}
    [INT_ALU] = UNIT(INT_ALU),
    [INT_MUL] = UNIT(INT_MULT),
    [INT_DIV] = UNIT(INT_DIV),
    [FLOAT_ADD] = UNIT(FLOAT_ADD),
    [FLOAT_MUL] = UNIT(FLOAT_MULT),
    [FLOAT_DIV] = UNIT(FLOAT_DIV),
    [FLOAT_SQRT] = UNIT(FLOAT_SQRT),
    [SIMD_ALU] = UNIT(SIMD_ALU),
    [SIMD_MISC] = UNIT(SIMD_MISC),
    [SIMD_CVT] = UNIT(SIMD_CVT),
    [SIMD_MUL] = UNIT(SIMD_MULT),
    [SIMD_FADD] = UNIT(SIMD_FLOAT_ADD),
    [SIMD_FMUL] = UNIT(SIMD_FLOAT_MULT),
    [SIMD_FDIV] = UNIT(SIMD_FLOAT_DIV),
    [SIMD_FSQRT] = UNIT(SIMD_FLOAT_SQRT),
    [LOAD] = UNIT(MEM_READ),
    [STORE] = UNIT(MEM_WRITE),
#undef UNIT
};

static struct {
    UInt cycle; /* low bits of the cycle that the entry is about */
    UChar taken, issued;
} ring[RING];

/* The ports of a class take turns: where the next search begins. */
static UChar next[CLASSES];

void ports_init(void) {}

UInt latency(UChar cls) { return units[cls].latency; }

Cycle port(UChar cls, Cycle from) {
    UChar can = units[cls].ports;
    for (Cycle at = from;; at++) {
        typeof(&ring[0]) r = &ring[at & (RING - 1)];
        if (r->cycle != (UInt)at) {
            r->cycle = (UInt)at;
            r->taken = r->issued = 0;
        }
        if (r->issued == WIDTH) continue;
        UChar open = can & ~r->taken;
        if (can && !open) continue;
        UChar onwards = open & ~(UChar)((1u << next[cls]) - 1), one = onwards ? onwards : open;
        one &= (UChar)-one;
        r->taken |= one;
        r->issued++;
        next[cls] = can ? (UChar)(__builtin_ctz(one) + 1) : 0;
        return at;
    }
}
