/* Operations on a wrong path ("ghosts"): when each is decoded, renamed and begins.
 *
 * They wait and begin as those of the right path do, but leave no trace there. None of them commits, so nothing that
 * they take becomes free: it is enough to count what they have taken beyond the right path. */
#include "pipeline.h"
#include "ghosts.h"
#include "pub_tool_libcbase.h"

static struct Ghost {
    Stage decode, rename;
    UInt all, loads, stores, ints, floats, resume;
    Cycle ready[R_COUNT];
} ghost, kept[GHOST_STATES];
static const Cycle never = ~0ULL >> 8;
enum { MOST_GHOSTS = 512 };
static Cycle renamed_in[MOST_GHOSTS]; /* when each was renamed */

/* When they leave the fetch queue: of their own, so that nothing has to be put back. */
enum { GHOST_PLACES = 64 };
static Cycle left_queue[GHOST_PLACES];
static UInt passed;
_Static_assert(GHOST_PLACES >= FETCH_QUEUE, "as many as are asked for");

Cycle ghosts_room(UInt ahead) {
    UInt behind = passed + ahead;
    if (passed && behind >= FETCH_QUEUE) return left_queue[(behind - FETCH_QUEUE) % GHOST_PLACES];
    return PLACE(queue, passed_on + behind - FETCH_QUEUE);
}

/* How many, beyond the first `from`, have been renamed by a cycle. */
static UInt renamed_by(UInt from, Cycle by) {
    UInt n = ghost.all < MOST_GHOSTS ? ghost.all : MOST_GHOSTS, i = from;
    while (i < n && renamed_in[i] <= by) i++;
    return i - from;
}

Bool ghosts_late(Cycle now) { return stage_at(ghost.decode, DECODE_BITS) > now || ghost.resume > FETCH_TO_DECODE; }

UInt ghosts_left(Cycle again) { return renamed_by(0, again - 3); }

void ghosts_save(UInt place) { kept[place] = ghost; }

void ghosts_load(UInt place, UInt more, Cycle again) {
    UInt dropped = renamed_by(kept[place].all, again - 3) + more;
    ghost = kept[place];
    ghost.resume = resumes_after(dropped);
}

void ghosts_begin(void) {
    ghost.decode = decode_stage;
    ghost.rename = rename_stage;
    ghost.all = ghost.loads = ghost.stores = ghost.ints = ghost.floats = ghost.resume = 0;
    __builtin_memcpy(ghost.ready, ready, sizeof ready); /* in line */
}

void ghosts_end(void) { passed = 0; }

/* Takes entries of a buffer. They become free in order, so the last of them tells. */
#define GHOST_ENTER(name, n, taken, count, from) \
    do { \
        (taken) += (count); \
        Cycle free_ = (taken) <= (n) ? PLACE(name, name##_at + (taken) - 1 - (n)) + FREED : never; \
        WAIT(from, free_); \
    } while (0)

Cycle ghost_pass(const Uop *u, Cycle fetched, Cycle *decoded_at) {
    Cycle decoded = decode_from(fetched, &ghost.resume) + 1;
    WAIT(decoded, stage_at(ghost.rename, BITS));
    decoded = take(&ghost.decode, DECODE_BITS, decoded - 1);
    left_queue[passed++ % GHOST_PLACES] = decoded - FETCH_TO_DECODE;
    *decoded_at = decoded;
    Cycle at = decoded + DECODE_TO_RENAME;
    WAIT(at, serialized);
    const UInt rob_at = (UInt)passed_on;
    GHOST_ENTER(rob, ROB, ghost.all, 1, at);
    if (u->cls == LOAD) GHOST_ENTER(lq, LQ, ghost.loads, 1, at);
    if (u->cls == STORE) WAIT(at, store_entry_later(ghost.stores++, at) + FREED);
    if (u->ints) GHOST_ENTER(int_regs, INT_REGS, ghost.ints, u->ints, at);
    if (u->floats) GHOST_ENTER(float_regs, FLOAT_REGS, ghost.floats, u->floats, at);
    Cycle renamed = take(&ghost.rename, BITS, at > never ? never : at);
    if (ghost.all <= MOST_GHOSTS) renamed_in[ghost.all - 1] = renamed;
    Cycle issued = renamed + RENAME_TO_ISSUE;
    WAIT(issued, later(ghost.ready[u->src[0]], ghost.ready[u->src[1]]));
    for (UInt i = 2; i < u->nsrc; i++)
        if (ghost.ready[u->src[i]] > issued) issued = ghost.ready[u->src[i]];
    if (u->rare) {
        if (u->flags & U_SERIALIZE_AFTER) ghost.rename = (never << BITS) + 1;
        if (u->flags & (U_BARRIER | U_OLDEST)) issued = never; /* it must be the oldest, and never is */
    }
    if (issued > never) issued = never;
    ghost_done(u, issued + u->latency);
    return issued + 1;
}

void ghost_done(const Uop *u, Cycle done) {
    ghost.ready[u->dst[0]] = ghost.ready[u->dst[1]] = done;
    if (u->ndst > 2) ghost.ready[u->dst[2]] = ghost.ready[u->dst[3]] = done;
}
