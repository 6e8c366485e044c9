/* What back_end.c and ghosts.c share: stages, the rings of the buffers, and what the right path has taken. */
#ifndef SKYLAKE_PIPELINE_H
#define SKYLAKE_PIPELINE_H
#include "back_end.h"

enum {
    FETCH_TO_DECODE = CORE_FETCH_TO_DECODE_DELAY, DECODE_TO_RENAME = CORE_DECODE_TO_RENAME_DELAY,
    RENAME_TO_ISSUE = CORE_RENAME_TO_IEW_DELAY, EXECUTE_TO_COMMIT = CORE_IEW_TO_COMMIT_DELAY + 1,
    TRAP = CORE_TRAP_LATENCY, DECODE_WIDTH = CORE_DECODE_WIDTH, RENAME_WIDTH = CORE_RENAME_WIDTH,
    DISPATCH_WIDTH = CORE_DISPATCH_WIDTH, COMMIT_WIDTH = CORE_COMMIT_WIDTH, ROB = CORE_NUM_ROB_ENTRIES,
    IQ = CORE_NUM_IQ_ENTRIES, LQ = CORE_LQ_ENTRIES, FETCH_QUEUE = CORE_FETCH_QUEUE_SIZE,
    /* x86's registers and the micro-code's are always mapped: gem5 has 38 of integers, 48 of floats. */
    INT_REGS = CORE_NUM_PHYS_INT_REGS - 38, FLOAT_REGS = CORE_NUM_PHYS_FLOAT_REGS - 48,
    FREED = CORE_COMMIT_TO_RENAME_DELAY + 1, /* from commit until rename sees the entry free */
    RENAME_LAG = RENAME_TO_ISSUE
};

/* A stage that takes a fixed number of operations a cycle (2 to the power of `bits`), in order: the next free
 * place, counted over all cycles. */
typedef ULong Stage;

static inline Cycle take(Stage *s, UInt bits, Cycle from) {
    Stage place = from << bits;
    if (*s > place) place = *s;
    *s = place + 1;
    return place >> bits;
}

/* The cycle in which the last operation was taken. */
static inline Cycle stage_at(Stage s, UInt bits) { return (s - 1) >> bits; }

enum { DECODE_BITS = __builtin_ctz(DECODE_WIDTH), BITS = __builtin_ctz(RENAME_WIDTH) };
_Static_assert(1 << DECODE_BITS == DECODE_WIDTH && 1 << BITS == RENAME_WIDTH, "widths are powers of two");
_Static_assert(DISPATCH_WIDTH == RENAME_WIDTH && COMMIT_WIDTH == RENAME_WIDTH, "rename, dispatch, commit are as wide");

/* The times at which the last holders of a buffer's entries leave it, in order. What leaves is written at the
 * ring's end; who enters a buffer of n entries asks for what left n before. The rings are longer than the
 * buffers, so a place can be written whether it is kept or not. */
enum { PLACES = 256 };
_Static_assert(ROB < PLACES && LQ < PLACES && INT_REGS < PLACES && FLOAT_REGS < PLACES, "longer than the buffers");
#define PLACE(name, at) name[(UChar)(at)]

static inline Cycle later(Cycle a, Cycle b) { return a > b ? a : b; }

/* The same, where it can be foretold which is later: by a jump, so that nobody waits for the other. */
#define WAIT(from, until) \
    do { \
        Cycle least = (until); \
        if (least > (from)) { \
            (from) = least; \
            __asm__("" : "+r"(from)); \
        } \
    } while (0)

/* After a squash the reorder buffer drops so many operations a cycle; the first that is fetched then is decoded that
 * much later. */
static inline UInt resumes_after(UInt dropped) {
    enum { SQUASH_WIDTH = CORE_SQUASH_WIDTH };
    return (dropped + SQUASH_WIDTH - 1) / SQUASH_WIDTH + 1;
}

/* `wait`: cycles from fetch to decode, where a squash has left some. */
static inline Cycle decode_from(Cycle fetched, UInt *wait) {
    if (__builtin_expect(*wait == 0, 1)) return fetched + FETCH_TO_DECODE;
    Cycle from = fetched + (*wait > FETCH_TO_DECODE ? *wait : FETCH_TO_DECODE);
    *wait = 0;
    return from;
}

/* ---- the right path's state; wrong paths read it only --------------------------------------------------- */

extern Stage decode_stage, rename_stage, commit_stage;
extern ULong passed_on; /* operations; each takes an entry of the fetch queue and one of the ROB */
extern Cycle rob[PLACES], queue[PLACES], lq[PLACES], int_regs[PLACES], float_regs[PLACES];
extern UInt lq_at, int_regs_at, float_regs_at;
extern Cycle ready[R_COUNT];
extern Cycle serialized; /* nothing is renamed before */
#endif
