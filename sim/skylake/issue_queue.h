/* The issue queue: how many of its entries become free in a cycle, looked at only when none is left (issue_queue.c). */
#ifndef SKYLAKE_ISSUE_QUEUE_H
#define SKYLAKE_ISSUE_QUEUE_H
#include "pipeline.h"

enum { RING = 4096 };
extern UChar iq_left[2 * RING];
extern Int iq_free; /* those known to be free, up to cycle `iq_counted` (not included) */
extern Cycle iq_counted;

/* Counts those that become free before `to`. */
void count_free(Cycle to);

/* Waits for an entry; nobody comes earlier than the one before. */
static inline Cycle issue_queue(Cycle from) {
    if (__builtin_expect(iq_free == 0 || from > iq_counted + RING - 1, 0)) {
        count_free(from + 1);
        while (iq_free == 0) count_free(++from + 1);
    }
    iq_free--;
    return from;
}

/* The operation that entered in cycle `entered` leaves it. */
static inline void leave_queue(Cycle entered, Cycle when) {
    if (when - entered > RING) when = entered + RING;
    iq_left[when & (2 * RING - 1)]++;
}

/* The state, relative to the cycle before which all that will be passed is not renamed (memo.h); nothing is there from
 * `end` on. */
UInt *issue_queue_note(UInt *w, Cycle renamed, Cycle end);
const UInt *issue_queue_recall(const UInt *w, Cycle renamed);
/* Until when something lies in the queue: told when the pipeline is passed by, and when it is recalled. */
void issue_queue_left(Cycle end);
#endif
