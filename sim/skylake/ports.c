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
    [LOAD] = {P2 | P3, 1}, /* until it has its address */
    [STORE] = {P4 | P7, 1},
};

/* What has begun in a cycle: a bit for each port, how many operations without one (above), and which cycle it is
 * about. */
enum { ALL = 255, NO_PORT = 1 << 8, IDLE = 1 << 8, IDLE_BITS = 15 << 8, STATE = ALL | IDLE_BITS };
static UInt ring[RING];
_Static_assert(STATE < RING, "the bits of a cycle that its place does not tell are left");

void ports_init(void) {}

UInt latency(UChar cls) { return units[cls].latency; }
UShort ports_of(UChar cls) { return units[cls].ports ? units[cls].ports : NO_PORT; }

static UInt begun(UInt r) {
    UInt n = r >> 8 & 15;
    for (UInt taken = r & ALL; taken; taken &= taken - 1) n++;
    return n;
}

Cycle port(UShort ports, Cycle from) {
    for (Cycle at = from;; at++) {
        UInt *entry = &ring[at & (RING - 1)], r = *entry, about = (UInt)at & ~(RING - 1u);
        if ((r ^ about) >= RING) r = about;
        /* The width binds only where operations without a port have begun: there are as many ports. */
        if (__builtin_expect(ports == NO_PORT || r & IDLE_BITS, 0)) {
            if (begun(r) == WIDTH) continue;
            if (ports == NO_PORT) {
                *entry = r + IDLE;
                return at;
            }
        }
        UInt open = ports & ~r;
        if (!open) continue;
        *entry = r | (open & -open);
        return at;
    }
}
