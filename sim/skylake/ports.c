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

static void circle_init(void);

void ports_init(void) {
    for (UInt first = 0; first < TURNS; first++)
        for (UInt open = 1; open < OPEN; open++) {
            UInt onwards = open & ~((1u << first) - 1), taken = __builtin_ctz(onwards ? onwards : open);
            port_turns[first * OPEN + open] = (taken + 1) * OPEN | 1u << taken;
        }
    circle_init();
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

/* Two loads' ports serve nothing else, nor two stores': which one is taken does not matter, only how many.
 * The commonest class, of integers, takes its ports in a circle. As long as no other class asks for one of them, all
 * that it does is the same if the circle is turned: so ports are written down by their distance from where its next
 * search begins. */
enum { COMMON = COMMON_PORTS, LOADING = PORTS_MEM_READ, STORING = PORTS_MEM_WRITE };
_Static_assert(!(LOADING & STORING) && !(COMMON & (LOADING | STORING)) && (COMMON | LOADING | STORING) == ALL,
               "loads and stores have ports of their own");
enum { STATE_BITS = __builtin_ctz(STATE + 1), MOST_BUSY = 250 };

/* The ports of each turn of the circle, from every set of ports: by how far it is turned. */
static UChar turned[CIRCLE][ALL + 1], in_circle[CIRCLE];

/* By the port from which the search begins. */
static UChar place_in_circle[TURNS];

static void circle_init(void) {
    UInt n = 0;
    for (UInt i = 0; i < 8; i++)
        if (COMMON >> i & 1) in_circle[n++] = i;
    for (UInt first = 0; first < TURNS; first++)
        while (place_in_circle[first] < CIRCLE && in_circle[place_in_circle[first]] < first) place_in_circle[first]++;
    for (UInt first = 0; first < TURNS; first++) place_in_circle[first] %= CIRCLE;
    for (UInt by = 0; by < CIRCLE; by++)
        for (UInt ports = 0; ports <= ALL; ports++) {
            UInt to = ports & ~COMMON;
            for (UInt k = 0; k < CIRCLE; k++)
                if (ports >> in_circle[k] & 1) to |= 1u << in_circle[(k + by) % CIRCLE];
            turned[by][ports] = to;
        }
}

UInt common_turn(void) { return place_in_circle[last_turn[INT_ALU] >> 8]; }

void common_turns(UInt to) { last_turn[INT_ALU] = in_circle[to] << 8; }

/* Of two ports, the first. */
static UInt first_of(UInt busy, UInt two) {
    UInt one = two & -two;
    return (busy & two) == (two ^ one) ? (busy & ~two) | one : busy;
}

UInt *ports_note(UInt *w, Cycle from, Cycle to) {
    UInt *count = w++, n = 0, back = (CIRCLE - common_turn()) % CIRCLE;
    for (Cycle at = from; at < to; at++) {
        UInt r = begun_in[at & (CYCLES - 1)], about = (UInt)at & ~(CYCLES - 1u);
        if ((r ^ about) >= CYCLES || !(r & STATE)) continue;
        if (n == MOST_BUSY) return NULL;
        UInt busy = first_of(first_of(turned[back][r & ALL], LOADING), STORING);
        *w++ = (UInt)(at - from) << STATE_BITS | (r & IDLE_BITS) | busy;
        n++;
    }
    *count = n;
    return w;
}

const UInt *ports_recall(const UInt *w, Cycle from) {
    const UChar *turn = turned[common_turn()];
    for (UInt n = *w++; n; n--, w++) {
        Cycle at = from + (*w >> STATE_BITS);
        begun_in[at & (CYCLES - 1)] = ((UInt)at & ~(CYCLES - 1u)) | (*w & IDLE_BITS) | turn[*w & ALL];
    }
    return w;
}
