/* The search for a free port, in line: each operation asks once. */
#ifndef SKYLAKE_PORTS_H
#define SKYLAKE_PORTS_H
#include "back_end.h"

/* What has begun in a cycle: a bit for each port, how many operations without one (above), and which cycle it is
 * about. */
enum { CYCLES = 8192, ALL = 255, NO_PORT = 1 << 8, IDLE = 1 << 8, IDLE_BITS = 15 << 8, STATE = ALL | IDLE_BITS };
extern UInt begun_in[CYCLES];
_Static_assert(STATE < CYCLES, "the bits of a cycle that its place does not tell are left");

/* The ports of a class take turns. By where the search begins and which are open: the port taken (one bit), and where
 * the next search begins; in the upper byte, so that it is half of the next place in this table. */
enum { TURNS = 9, OPEN = ALL + 1 };
extern UShort port_turns[TURNS * OPEN], last_turn[CLASSES];

/* Where the next search of the commonest class begins, in the circle of its ports; and makes it begin there. */
enum { COMMON_PORTS = PORTS_INT_ALU, CIRCLE = __builtin_popcount(COMMON_PORTS) };
UInt common_turn(void);
void common_turns(UInt to);

/* The same as `port` where operations without a port have begun, or one is to begin. */
Cycle port_or_none(UShort ports, UChar cls, Cycle from);

/* The first cycle from `from` on in which one of these ports can begin an operation of a class; takes the port. */
static inline __attribute__((always_inline)) Cycle port(UShort ports, UChar cls, Cycle from) {
    for (Cycle at = from;; at++) {
        UInt *entry = &begun_in[at & (CYCLES - 1)], r = *entry, about = (UInt)at & ~(CYCLES - 1u);
        if ((r ^ about) >= CYCLES) r = about;
        if (__builtin_expect((ports & NO_PORT) | (r & IDLE_BITS), 0)) return port_or_none(ports, cls, at);
        UInt open = ports & ~r;
        if (!open) continue;
        UInt turn = port_turns[(last_turn[cls] & ~ALL) | open];
        last_turn[cls] = turn;
        *entry = r | (turn & ALL);
        return at;
    }
}
#endif
