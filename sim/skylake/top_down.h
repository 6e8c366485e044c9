/* What top_down.c is told of each operation, in line. */
#ifndef SKYLAKE_TOP_DOWN_H
#define SKYLAKE_TOP_DOWN_H
#include "model.h"

enum {
    SLOTS = CORE_FETCH_WIDTH, FETCH_TO_RENAME = CORE_FETCH_TO_DECODE_DELAY + CORE_DECODE_TO_RENAME_DELAY,
    OPERATIONS = 256 /* more than a reorder buffer holds */
};
_Static_assert(OPERATIONS > CORE_NUM_ROB_ENTRIES + 2, "those in the buffer are known");

/* When each of the latest operations commits, and in the low bits what it keeps the machine waiting for, and what it
 * holds until then: integer and floating-point registers, an entry of the load queue.
 * Those that are older have left the reorder buffer before the last renaming. */
enum { WHY_BITS = 4, WHY = (1 << WHY_BITS) - 1, HELD_BITS = 3, HELD = (1 << HELD_BITS) - 1, INTS_AT = WHY_BITS,
       FLOATS_AT = INTS_AT + HELD_BITS, LOADS_AT = FLOATS_AT + HELD_BITS, EVENT_BITS = LOADS_AT + 1 };
_Static_assert(DSTS <= HELD, "registers of an operation are counted");
_Static_assert(CAUSES <= 1 << WHY_BITS, "a cause has its bits");
extern ULong events[OPERATIONS];
extern ULong slots_given; /* from the first on */
extern Bool any_lost;     /* cycles of fetch, since the last operation */

/* Gives out the slots since the last renaming, in `from`; `blocked` cycles of them it waited for buffers. */
void give_slots(Cycle from, Cycle renamed, Cycle blocked, Bool no_store_entry);

/* An operation was renamed, and the one before it in `before`. */
static inline void renamed_at(Cycle fetched, Cycle before, Cycle renamed, Bool no_store_entry) {
    Cycle blocked = renamed - (fetched + FETCH_TO_RENAME);
    slots_given++;
    if (__builtin_expect(any_lost || (blocked && renamed > before), 0)) {
        give_slots(before, renamed, blocked < renamed - before ? blocked : renamed - before, no_store_entry);
    } else if (slots_given < SLOTS * renamed) { /* empty ones: FETCH */
        slots_given = SLOTS * renamed;
    }
}

/* The n-th operation commits; `why` it would keep the machine waiting until then, and what it `holds`. */
static inline void committed_at(ULong operation, Cycle committed, UShort holds, UChar why) {
    events[operation % OPERATIONS] = committed << EVENT_BITS | holds | why;
}

/* All operations before this one have committed. */
void oldest_operation(ULong operation);

/* What is known of an operation until it commits, beyond a cycle `from` (memo.c): false if it has committed. */
static inline Bool commits_after(ULong operation, Cycle from) {
    return events[operation % OPERATIONS] >> EVENT_BITS > from;
}
#endif
