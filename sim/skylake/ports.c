/* The execution ports: which classes each begins, one a cycle; all operations are pipelined. */
#include "memo.h"
#include "ports.h"

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

UInt begun_in[CYCLES];
UShort port_turns[TURNS * OPEN], last_turn[CLASSES];

void ports_init(void) {
    for (UInt first = 0; first < TURNS; first++)
        for (UInt open = 1; open < OPEN; open++) {
            UInt onwards = open & ~((1u << first) - 1), taken = __builtin_ctz(onwards ? onwards : open);
            port_turns[first * OPEN + open] = (taken + 1) * OPEN | 1u << taken;
        }
}

UInt latency(UChar cls) { return units[cls].latency; }
UShort ports_of(UChar cls) { return units[cls].ports ? units[cls].ports : NO_PORT; }

_Static_assert(CORE_ISSUE_WIDTH == 8, "the width is the number of ports");
_Static_assert(LATENCY_MEM_READ == 1 && LATENCY_MEM_WRITE == 1, "a cycle until an access has its address");

/* The width binds only where operations without a port have begun: there are as many ports. */
static Bool all_begun(UInt r) {
    UInt n = r >> 8 & 15;
    for (UInt taken = r & ALL; taken; taken &= taken - 1) n++;
    return n == CORE_ISSUE_WIDTH;
}

Cycle port_or_none(UShort ports, UChar cls, Cycle from) {
    for (Cycle at = from;; at++) {
        UInt *entry = &begun_in[at & (CYCLES - 1)], about = (UInt)at & ~(CYCLES - 1u);
        if ((*entry ^ about) >= CYCLES) *entry = about;
        if (all_begun(*entry)) continue;
        if (ports == NO_PORT) {
            *entry += IDLE;
            return at;
        }
        UInt open = ports & ~*entry;
        if (!open) continue;
        UInt turn = port_turns[(last_turn[cls] & ~ALL) | open];
        last_turn[cls] = turn;
        *entry |= turn & ALL;
        return at;
    }
}

/* ---- the state, relative to time (memo.h) ---------------------------------------------------------- */

enum { STATE_BITS = __builtin_ctz(STATE + 1), MOST_BUSY = 250 };

UInt *ports_note(UInt *w, Cycle from, Cycle to) {
    UInt *count = w++, n = 0;
    for (Cycle at = from; at < to; at++) {
        UInt r = begun_in[at & (CYCLES - 1)], about = (UInt)at & ~(CYCLES - 1u);
        if ((r ^ about) >= CYCLES || !(r & STATE)) continue;
        if (n == MOST_BUSY) return NULL;
        *w++ = (UInt)(at - from) << STATE_BITS | (r & STATE);
        n++;
    }
    *count = n;
    return w;
}

const UInt *ports_recall(const UInt *w, Cycle from) {
    for (UInt n = *w++; n; n--, w++) {
        Cycle at = from + (*w >> STATE_BITS);
        begun_in[at & (CYCLES - 1)] = ((UInt)at & ~(CYCLES - 1u)) | (*w & STATE);
    }
    return w;
}
