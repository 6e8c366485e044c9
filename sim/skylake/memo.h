/* Exact memoisation of the model (memo.c): what the parts tell it, and what it asks them for. */
#ifndef SKYLAKE_MEMO_H
#define SKYLAKE_MEMO_H
#include "blocks.h"
#include "branch.h"

/* ---- a block's passing, as it is written down (trace.c) -------------------------------------------------- */

/* Whether what the pipeline asks of caches, memory order and predictor is written down, or answered from what was. */
extern Bool tracing;
Cycle traced_fetch(Addr address, Cycle now);
Cycle traced_issue(Addr pc, Cycle from);
Cycle traced_load(Addr pc, Addr address, const Uop *u, Cycle executed, Passed *out);
void traced_store(Addr pc, Addr address, const Uop *u, Cycle executed, Cycle committed);
/* When an operation can take an entry of the store queue, from `at` on. */
Cycle traced_entry(Cycle at);
Cycle traced_drained(Cycle from);
/* Which port the search begins with. */
void traced_port(const Uop *u);
/* The micro-code's steps of a division. */
UInt traced_steps(UInt steps);
/* Predicts the branch that ends the block; True if it goes to `next` as predicted: then it is resolved as `name`. */
Bool traced_branch(const Inst *inst, Addr next, Bool taken, Cycle now, Prediction *predicted, UInt *name);
/* One inside micro-code; True if the prediction was wrong. */
Bool traced_inner_branch(const Inst *inst, Bool taken, Cycle now, Cycle committed);
void traced_commit(UInt branch, Cycle commit);

/* ---- the pipeline's state, relative to time ---------------------------------------------------------------- */

/* Each part writes its own state down as words, and takes it back from them; what no longer matters is written as if
 * it had never been. NULL: it cannot be written. */
typedef struct {
    Cycle floor;   /* no operation that will be passed is fetched before */
    Cycle renamed; /* nor renamed */
    UInt access, name; /* the next place of an access, the next name of a branch */
    UInt *end;     /* of the room for words */
} Moments;
UInt *front_end_note(UInt *w, Moments m);
const UInt *front_end_recall(const UInt *w, Moments m);
UInt *waiting_note(UInt *w, Moments m);
const UInt *waiting_recall(const UInt *w, Moments m);
UInt *back_end_note(UInt *w, Moments m);
const UInt *back_end_recall(const UInt *w, Moments m);
UInt *ports_note(UInt *w, Cycle from, Cycle to);
const UInt *ports_recall(const UInt *w, Cycle from);
UInt *top_down_note(UInt *w);
const UInt *top_down_recall(const UInt *w);
/* The pipeline is about to be passed by. */
void back_end_left(void);
void operations_add(Long more);
/* When the oldest operation that waits was fetched; `now` if none waits. */
Cycle oldest_fetched(Cycle now);

/* What the pipeline counts: places in this order. */
enum { COUNTS = 2 * CAUSES + 4 };
void counts_now(ULong counts[COUNTS]);
void counts_add(UInt which, Long by);

/* ---- memo.c -------------------------------------------------------------------------------------------------- */

/* always: from the first block on, whether it pays or not; checking: what is remembered is compared with what the
 * model does. */
extern Bool memoising, memo_always, memo_checking;
/* Passes a block's first `count` instructions, of which the last goes to `next`; False if that is to be done step by step. */
Bool memo_pass(Block *block, UInt count, Addr next);
/* The pipeline's state is as if all had been passed step by step. */
void memo_settle(void);
/* What was decoded of an instruction has changed. */
void memo_forget(void);
/* Settles, and adds what is counted to the parts' counters: where they are read. */
void memo_count(void);
#endif
