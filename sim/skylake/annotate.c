/* Counts for each instruction's address (--annotate=yes): written at the end, the costliest first.
 *
 * An instruction's cycles are those by which it moves the last commit: they add up to the run's. Its operations
 * are passed later than it is fetched, so both are counted apart. What
 * follows a wrong prediction is held up by the branch, so up to 22 of its cycles are the branch's. Misses
 * on a wrong path are the branch's, too. */
#include "model.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_mallocfree.h"

enum { MOST = 8192, A_LINE = 16 };

struct Tally {
    Addr pc;
    ULong cycles, executed, l1d_misses, l2_misses, l3_misses, mispredictions;
    struct Tally *next;
};

static struct Tally *all;
static UInt tallies;

static struct Tally *tally_of(Inst *inst) {
    if (!inst->tally) {
        inst->tally = VG_(calloc)("tally", 1, sizeof(struct Tally));
        inst->tally->pc = inst->pc;
        inst->tally->next = all;
        all = inst->tally;
        tallies++;
    }
    return inst->tally;
}

static Statistics before, passing;
static struct Tally *redirecting;

static void count_misses(struct Tally *t, const Statistics *since) {
    t->l1d_misses += statistics.l1d_misses - since->l1d_misses;
    t->l2_misses += statistics.l2_misses - since->l2_misses;
    t->l3_misses += statistics.l3_misses - since->l3_misses;
}

static Cycle from;

void tally_passing(void) {
    passing = statistics;
    from = last_commit();
}

void tally_passed(Inst *inst) {
    struct Tally *t = tally_of(inst);
    Cycle cycles = last_commit() - from;
    if (redirecting && cycles) {
        Cycle its = cycles < REDIRECT ? cycles : REDIRECT;
        redirecting->cycles += its;
        cycles -= its;
        redirecting = NULL;
    }
    t->cycles += cycles;
    count_misses(t, &passing);
    /* They are not those of the instruction that is fetched meanwhile. */
    before.l1d_misses += statistics.l1d_misses - passing.l1d_misses;
    before.l2_misses += statistics.l2_misses - passing.l2_misses;
    before.l3_misses += statistics.l3_misses - passing.l3_misses;
}

void tally_before(void) { before = statistics; }

void tally_after(Inst *inst) {
    struct Tally *t = tally_of(inst);
    count_misses(t, &before);
    t->executed += statistics.instructions - before.instructions;
    t->mispredictions += statistics.mispredictions - before.mispredictions;
    if (statistics.mispredictions > before.mispredictions && inst->kind != K_PLAIN) redirecting = t;
}

static Int costlier(const void *one, const void *other) {
    const struct Tally *a = *(struct Tally *const *)one, *b = *(struct Tally *const *)other;
    if (a->cycles != b->cycles) return a->cycles > b->cycles ? -1 : 1;
    return a->pc < b->pc ? -1 : a->pc > b->pc;
}

void annotations(void) {
    struct Tally **sorted = VG_(malloc)("tallies", (tallies + 1) * sizeof *sorted);
    UInt count = 0;
    for (struct Tally *t = all; t; t = t->next) sorted[count++] = t;
    VG_(ssort)(sorted, count, sizeof *sorted, costlier);
    UInt shown = count < MOST ? count : MOST;
    for (UInt i = 0; i < shown; i += A_LINE) {
        HChar line[A_LINE * 150];
        UInt at = 0;
        for (UInt k = i; k < i + A_LINE && k < shown; k++) {
            const struct Tally *t = sorted[k];
            at += VG_(sprintf)(line + at, " %lx,%llu,%llu,%llu,%llu,%llu,%llu", t->pc, t->cycles, t->executed,
                               t->l1d_misses, t->l2_misses, t->l3_misses, t->mispredictions);
        }
        VG_(umsg)("PIE-ADDRESSES%s\n", line);
    }
}
