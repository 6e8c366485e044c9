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

/* What has begun in a cycle: a bit for each port, how many operations without one (above), and which cycle it is
 * about. */
enum { ALL = 255, NO_PORT = 1 << 8, IDLE = 1 << 8, IDLE_BITS = 15 << 8, STATE = ALL | IDLE_BITS };
static UInt ring[RING];
_Static_assert(STATE < RING, "the bits of a cycle that its place does not tell are left");

/* The ports of a class take turns. By where the search begins and which are open: the port taken (one bit), and where
 * the next search begins; in the upper byte, so that it is half of the next place in this table. */
enum { TURNS = 9, OPEN = ALL + 1 };
static UShort turns[TURNS * OPEN];
static UShort last_turn[CLASSES];

void ports_init(void) {
    for (UInt first = 0; first < TURNS; first++)
        for (UInt open = 1; open < OPEN; open++) {
            UInt onwards = open & ~((1u << first) - 1), taken = __builtin_ctz(onwards ? onwards : open);
            turns[first * OPEN + open] = (taken + 1) * OPEN | 1u << taken;
        }
}

UInt latency(UChar cls) { return units[cls].latency; }
UShort ports_of(UChar cls) { return units[cls].ports ? units[cls].ports : NO_PORT; }

static UInt begun(UInt r) {
    UInt n = r >> 8 & 15;
    for (UInt taken = r & ALL; taken; taken &= taken - 1) n++;
    return n;
}

_Static_assert(WIDTH == 8, "the width is the number of ports");
_Static_assert(LATENCY_MEM_READ == 1 && LATENCY_MEM_WRITE == 1, "a cycle until an access has its address");

Cycle port(UShort ports, UChar cls, Cycle from) {
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
        UInt turn = turns[(last_turn[cls] & ~ALL) | open];
        last_turn[cls] = turn;
        *entry = r | (turn & ALL);
        return at;
    }
}
