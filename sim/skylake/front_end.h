/* What fetch on the right path (front_end.c) and on a wrong one (wrong_path.c) share. */
#ifndef SKYLAKE_FRONT_END_H
#define SKYLAKE_FRONT_END_H
#include "branch.h"

extern const Cycle forever;

/* front_end.c */
Cycle fetch_now(void);
/* A branch to `next` is taken: its block is asked for in another cycle. */
void end_fetch_cycle(Addr next);
/* Gets the bytes of an instruction; False when a squash comes first. */
Bool get_bytes(Addr pc, UInt length);
void restart(Cycle at);
/* Passes what can begin by `now` of the right path; True when nothing of the right path waits any more. */
Bool catch_up(Cycle now);
Cycle last_executed(void);
Cycle decoded_at(void);
/* Whether decode waits for rename. */
Bool decode_late(void);
/* One less than the fetch queue: the next operation's room depends on the oldest that waits. */
enum { MOST_WAITING = CORE_FETCH_QUEUE_SIZE - 1 };
/* How many operations of the right path wait to be passed. */
UInt waiting_ahead(void);
/* Passes so many of them that, with `behind` others that wait, one more can. */
void make_room(UInt behind);
/* Fetches an operation, not before `room`; returns the cycle. */
Cycle fetch_one(Cycle room);

/* wrong_path.c */
/* Walks a wrong path until fetch is stopped: in cycle `stop`, or, if that is `forever`, when the youngest operation
 * of the right path has executed. Behind a system call registers are those before it.
 * Returns how many operations have been renamed by then. */
UInt wander(Addr pc, Cycle stop, Bool behind_call);
extern Bool wandering; /* fetch is on a wrong path */
/* The cycle in which fetch is stopped there, as far as it is known in `now`. */
Cycle squash_before(Cycle now);
#endif
