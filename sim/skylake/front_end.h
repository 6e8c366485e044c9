/* What fetch on the right path (front_end.c) and on a wrong one (wrong_path.c) share. */
#ifndef SKYLAKE_FRONT_END_H
#define SKYLAKE_FRONT_END_H
#include "branch.h"

extern const Cycle forever;

/* front_end.c */
extern Cycle now_;          /* the cycle in which fetch works */
extern UInt in_this_cycle;  /* operations fetched in it */
static inline void advance_to(Cycle at) {
    if (at > now_) {
        now_ = at;
        in_this_cycle = 0;
    }
}
static inline void next_cycle(void) { advance_to(now_ + 1); }
static inline void place_operation(void) {
    Bool full = in_this_cycle == CORE_FETCH_WIDTH;
    now_ += full;
    in_this_cycle = full ? 1 : in_this_cycle + 1;
}
Cycle fetch_now(void);
/* A branch to `next` is taken: its block is asked for in another cycle. */
void end_fetch_cycle(Addr next);
/* Gets the bytes of an instruction; False when a squash comes first. `asked`: squash_before was asked for this cycle,
 * and nothing was fetched since, nor again. */
Bool get_bytes(Addr pc, UInt length, Bool asked);
void restart(Cycle at);
Cycle last_executed(void);
Cycle decoded_at(void);
/* Fetches an operation, not before `room`; returns the cycle. */
Cycle fetch_one(Cycle room);

/* waiting.c */
extern Passed last; /* the operation passed last */
/* What the latest instructions that access memory access, by a count of them: a place is one. */
enum { ACCESSES = 512 };
typedef struct {
    Addr load, store;
} Access;
extern Access accesses[ACCESSES];
extern UInt accesses_noted;
static inline void note_access(Addr load, Addr store) { accesses[accesses_noted++ % ACCESSES] = (Access){load, store}; }
extern UInt passing; /* that of the operation which is being passed */
/* One less than the fetch queue: the next operation's room depends on the oldest that waits. */
enum { MOST_WAITING = CORE_FETCH_QUEUE_SIZE - 1 };
/* Fetches operations [from, to) of an instruction of the right path; they wait to be passed. They access what was noted
 * last. */
void fetch_operations(Inst *inst, UInt from, UInt to);
/* Passes what can begin by `now` of the right path; True when nothing of the right path waits any more. */
Bool catch_up(Cycle now);
void pass_all(void);
/* When the oldest of the right path that waits can be passed; `forever` if none waits. */
Cycle waiting_until(void);
/* How many operations of the right path wait to be passed. */
UInt waiting_ahead(void);
/* Passes so many of them that, with `behind` others that wait, one more can. */
void make_room(UInt behind);
/* The branch that was fetched last commits with its last operation; `ends`: it ends its cycle of fetch. */
void resolves_then(UInt branch, Bool ends);
/* Fetch could not work for so many cycles: told when the operation that follows is passed. */
void lose(UChar why, Cycle cycles);
/* Whether decode waits for rename. */
Bool decode_late(void);

/* The prediction of the branch that ends a block was wrong: all that follows from it (front_end.c). */
void goes_wrong(Inst *inst, Addr next, Bool taken, Prediction p);
Bool is_taken(const Inst *inst, Addr next);
/* How often the loop of a division's micro-code turns. */
UInt division_steps(const Inst *inst, ULong quotient);

/* wrong_path.c */
/* Walks a wrong path until fetch is stopped: in cycle `stop`, or, if that is `forever`, when the youngest operation
 * of the right path has executed. Behind a system call registers are those before it.
 * Returns how many operations have been renamed by then. */
UInt wander(Addr pc, Cycle stop, Bool behind_call);
extern Bool wandering; /* fetch is on a wrong path */
/* The cycle in which fetch is stopped there, as far as it is known in `now`. */
extern Cycle nothing_before, known_end; /* nothing can be passed before the first; until then the second is known */
Cycle squash_after_passing(Cycle now);
static inline Cycle squash_before(Cycle now) {
    return now < nothing_before ? known_end : squash_after_passing(now);
}
#endif
