/* The execution ports: which classes each begins, one a cycle; all operations are pipelined. */
#include "back_end.h"

enum { P0 = 1, P1 = 2, P2 = 4, P3 = 8, P4 = 16, P5 = 32, P6 = 64, P7 = 128, RING = 8192, WIDTH = 8 };

static const struct {
    UChar ports, latency;
} units[CLASSES] = {
    [NO_UNIT] = {0, 1},
    [INT_ALU] = {P0 | P1 | P5 | P6, 1},
    [INT_MUL] = {P1, 3},
    [INT_DIV] = {P0, 1},
    [FLOAT_ADD] = {P0 | P1, 4},
    [FLOAT_MUL] = {P0 | P1, 4},
    [FLOAT_DIV] = {P0, 12},
    [FLOAT_SQRT] = {P0, 24},
    [SIMD_ALU] = {P0 | P1 | P5 | P6, 1},
    [SIMD_MISC] = {P0 | P1 | P5, 1},
    [SIMD_CVT] = {P0 | P1, 3},
    [SIMD_MUL] = {P0 | P1, 4},
    [SIMD_FADD] = {P0 | P1 | P5, 4},
    [SIMD_FMUL] = {P0 | P1, 4},
    [SIMD_FDIV] = {P0, 12},
    [SIMD_FSQRT] = {P0, 20},
    [LOAD] = {P2 | P3, 1},
    [STORE] = {P4 | P7, 1},
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
