/* Operations on a wrong path (ghosts.c). */
#ifndef SKYLAKE_GHOSTS_H
#define SKYLAKE_GHOSTS_H
#include "model.h"

/* They are passed between begin and end, when all of the right path has been. */
void ghosts_begin(void);
void ghosts_end(void);
/* Keeps what they have taken so far, and goes back to it: in cycle `again`, when `more` have been renamed that were not
 * passed. */
enum { GHOST_STATES = 4 };
void ghosts_save(UInt place);
void ghosts_load(UInt place, UInt more, Cycle again);
/* The earliest fetch cycle that the fetch queue allows, when `ahead` operations have not been passed yet. */
Cycle ghosts_room(UInt ahead);
/* Whether decode waits for them in `now`. */
Bool ghosts_late(Cycle now);
/* How many of them have been renamed when fetch restarts in cycle `again`. */
UInt ghosts_left(Cycle again);
/* Returns the cycle in which it has executed, or begins its access; ghost_done tells when its result is there after
 * all. */
Cycle ghost_pass(const Uop *uop, Cycle fetched, Cycle *decoded);
void ghost_done(const Uop *uop, Cycle done);
#endif
