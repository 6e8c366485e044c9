/* What branch.c and tage.c share: histories, and branches that have not committed yet. */
#ifndef SKYLAKE_BRANCH_H
#define SKYLAKE_BRANCH_H
#include "model.h"

enum {
    TABLES = TAGE_N_HISTORY_TABLES, BTB_ENTRIES = BTB_NUM_ENTRIES, RAS_ENTRIES = RAS_NUM_ENTRIES,
    INDIRECT_PATH = INDIRECT_PATH_LENGTH, PENDING = 256, LANES = 16
};

/* A history of branches: everything that a wrong prediction must put back. */
typedef struct {
    ULong outcomes; /* the youngest in bit 0; the longest history (TAGE_MAX_HIST) is shorter than 64 */
    UInt path_bits; /* one bit of each branch's address */
    UInt directions; /* the indirect predictor's own */
    UInt path_top;  /* how many targets of indirect branches there were */
    UInt top;       /* of the return stack */
} History;

/* A branch that has been predicted, as far as it must be known to put a wrong prediction right. */
typedef struct Pending {
    Addr pc, fallthrough;
    UChar kind;
    History before;
    Addr overwritten; /* the return address that a call's takes the place of */
} Pending;

/* What was made of a branch, from which the tables learn when it commits. */
typedef struct {
    UShort place[LANES] __attribute__((aligned(16))), tag[LANES] __attribute__((aligned(16))); /* by table */
    Cycle commit;
    Bool conditional, taken;
    UChar hit, alternate;
    Bool longest_prediction, alternate_prediction, prediction, fresh;
    Bool loop_valid, loop_prediction, final;
    Char loop_hit;
    UShort loop_index, loop_tag;
    UShort bimodal;
} Guess;

/* Predicts the branch that the right path has come to, which goes to `next`. If that is predicted, it is resolved, and
 * `name` is set. */
static inline Bool predicted_right(const Inst *inst, Addr next, Bool taken, Cycle now, Prediction *p, UInt *name) {
    *p = predict(inst->pc, inst->kind, inst->target, inst->pc + inst->len, now, NULL);
    if (p->target != next || p->taken != taken) return False;
    *name = resolve(next, taken, False);
    return True;
}
/* The same for one inside micro-code, which commits in `committed`; True if the prediction was wrong. */
static inline Bool inner_branch(const Inst *inst, Bool taken, Cycle now, Cycle committed) {
    Bool wrong = predict(inst->pc, K_COND, inst->pc, inst->pc, now, NULL).taken != taken;
    branch_commits(resolve(inst->pc, taken, wrong), committed);
    return wrong;
}
/* The next name that `resolve` will return. */
UInt next_name(void);

/* The next of the target's random numbers, as drawn; what the target makes of it (randomness.c). */
void randomness_init(void);
enum { TWISTER = 312 };
extern ULong twister[TWISTER];
extern UInt drawn; /* of them */
void twist(void);
static inline ULong branch_draw(void) {
    if (__builtin_expect(drawn == TWISTER, 0)) twist();
    return twister[drawn++];
}
UInt branch_random(ULong drawn);
void tage_init(History *h);
Bool tage_predict(const History *h, Addr pc, Guess *g);
void tage_update(Guess *g, ULong drawn);
static inline void tage_history(History *h, Addr pc, Bool taken) {
    h->outcomes = (h->outcomes << 1) | taken;
    h->path_bits = ((h->path_bits << 1) + ((pc >> 2) & 1)) & ((1u << TAGE_PATH_HIST_BITS) - 1);
}
#endif
