/* What a block's passing asked of the parts beside the pipeline, and was answered (trace.c, memo.c). */
#ifndef SKYLAKE_TRACE_H
#define SKYLAKE_TRACE_H
#include "memo.h"
#include "front_end.h"

enum Question {
    ASKED_FETCH, ASKED_ISSUE, ASKED_LOAD, ASKED_STORE, ASKED_ENTRY, ASKED_DRAINED, ASKED_PORT, ASKED_STEPS,
    ASKED_BRANCH, ASKED_INNER, ASKED_COMMIT, ASKED_ALL /* the block has been passed */
};

/* One question, in a quarter of a line of the host's cache. Times are relative to fetch's when the block began. What
 * follows the answer comes behind it. */
typedef struct Asked {
    UChar kind;
    UChar which;  /* size of an access; class of a port; whether a branch inside micro-code is taken */
    UChar offset; /* of an access from its instruction's address */
    Char also;    /* an access's place or a branch's name, relative to the block's; or which of its instructions */
    Short at, answer;
    Int address;  /* of a fetch: relative to the block's; the low bits of an access's instruction; another time */
    UInt other;   /* the same question with another answer (memo.c) */
} Asked;
_Static_assert(sizeof(Asked) == 16, "four to a line");

/* Where addresses, times, places and names of the block under way begin. */
typedef struct {
    Addr start;
    Cycle now;
    UInt access, name;
} Origin;

/* Writes down what is asked from now on. The first answers are given already: those of `answered`. */
void trace_begin(Origin origin, const Int *answered, UInt count, Prediction predicted);
/* Ends it; returns what was asked beyond the given answers, NULL if that is too much. */
const Asked *trace_end(UInt *count);
/* A bit for each class of operations whose port was asked for, by either. */
ULong ports_asked(void);
/* Where the search for a port of this class begins. */
Int turn_of(UInt cls);
/* What is done where a branch goes wrong, before anything follows from it (memo.c). */
void trace_goes_wrong(void);
/* Which of its block's instructions is under way. */
extern UInt traced_step;
#endif
