/* Exact memoisation, as in FastSim (Schnarr and Larus 1998): what a block does to the pipeline is computed once for
 * each state in which it finds it, and remembered.
 *
 * The state is relative to time, and what no longer matters is left out (memo.h). What lies beside the pipeline -
 * caches, memory order, predictor - keeps its own state and is asked the same questions in the same order at the same
 * times; the answers lead to what is remembered, as in a tree. An answer that was not given there before sends the
 * model through the block, with the answers that it has got; so does a wrong prediction, from the branch on. As long as
 * all is remembered, the pipeline's own state is not kept. */
#include "states.h"
#include "pipeline.h"
#include "ports.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_mallocfree.h"

Bool memoising = True, memo_always, memo_checking;

enum { MOST_ASKED = 1024 };

/* What has become of the pipeline when a block has been passed in one way. Its first byte is an Asked's. */
typedef struct {
    UChar kind, turned;   /* turned: ports of the commonest class */
    UChar wrong, commits; /* it ends at a branch that goes wrong; anything was passed */
    Int now, commit;      /* of fetch and of the last commit's stage, from where fetch was */
    UShort instructions;
    UChar turns, counts;
    Ref next;    /* State */
    Ref then[2]; /* Passing: that of the block behind it, as it was taken last */
    UInt times;  /* it was taken: what it counts is added later */
    Ref before;  /* another outcome */
    struct {
        Int which, by;
    } count[];   /* and the turns of other classes' ports */
} Outcome;

/* The ways of a block from a state to a next address; what is asked follows. */
typedef struct {
    UInt block;
    Int next; /* relative to the block's */
    Ref other;
    UInt count;
    Asked asked[];
} Passing;

static Ref current;     /* 0: the pipeline's own state is not written down */
static Outcome *latest; /* that led to it, or NULL */
static Bool passed_by;  /* the pipeline's own state is not that of `current` */

static Origin here(void) { return (Origin){0, now_, accesses_noted, next_name()}; }

static void recall_current(Origin origin) {
    recall(current, origin);
    passed_by = False;
}

void memo_settle(void) {
    if (passed_by) recall_current(here());
    current = 0;
    latest = NULL;
}

/* ---- what is remembered ----------------------------------------------------------------------------------- */

static Ref outcomes; /* all of them: the youngest */

void memo_count(void) {
    memo_settle();
    for (Ref r = outcomes; r;) {
        Outcome *o = at(r);
        for (UInt i = 0; i < o->counts; i++) counts_add(o->count[i].which, (Long)o->count[i].by * (Long)o->times);
        o->times = 0;
        r = o->before;
    }
}

static void forget(void) {
    memo_count();
    outcomes = 0;
    room_empty();
}

void memo_forget(void) {
    if (room_begun()) forget();
}

/* What it has gained since the window began: blocks, with what each takes that is computed, and each state that is
 * written down or made the pipeline's own again. */
enum { COMPUTED = 20, WRITTEN = 4, RECALLED = 1 };
static Int gained;
static Int answers[MOST_ASKED];
static UInt answered;

/* What is being passed step by step, to be remembered. */
static struct {
    const Block *block;
    UInt count;
    Addr next;
    Ref state;
    const Outcome *known; /* it is only compared with what is remembered */
    Asked *instead; /* of the last of these answers another one was given */
    Int answer;
    Origin origin;
    UInt turn;
    ULong placed, instructions, counts[COUNTS];
} under_way;

static Outcome *add_outcome(Ref next, Bool wrong) {
    ULong counts[COUNTS];
    UInt n = 0, turns = 0;
    counts_now(counts);
    for (UInt i = 0; i < COUNTS; i++) n += counts[i] != under_way.counts[i];
    for (UInt cls = 0; cls < CLASSES; cls++) turns += ports_asked() >> cls & 1;
    Outcome *o = room(sizeof(Outcome) + (n + turns) * sizeof o->count[0]);
    *o = (Outcome){.kind = ASKED_ALL, .next = next, .wrong = wrong, .now = (Int)(now_ - under_way.origin.now),
                   .commit = (Int)(commit_stage - (under_way.origin.now << BITS)),
                   .commits = operations_placed() != under_way.placed,
                   .turned = (common_turn() - under_way.turn) % CIRCLE,
                   .instructions = (UInt)(statistics.instructions - under_way.instructions), .before = outcomes};
    for (UInt i = 0; i < COUNTS; i++)
        if (counts[i] != under_way.counts[i]) {
            o->count[o->counts].which = (Int)i;
            o->count[o->counts++].by = (Int)(counts[i] - under_way.counts[i]);
        }
    for (UInt cls = 0; cls < CLASSES; cls++)
        if (cls != INT_ALU && ports_asked() >> cls & 1) {
            o->count[o->counts + o->turns].which = (Int)cls;
            o->count[o->counts + o->turns++].by = last_turn[cls];
        }
    outcomes = ref_of(o);
    return o;
}

/* Ends the run where passing a block step by step has done anything else than what is remembered of it. */
static void compare(const Outcome *o, Bool wrong, UInt asked) {
    ULong counts[COUNTS];
    Ref next = intern();
    Bool same = next == o->next && wrong == o->wrong && !asked && now_ == under_way.origin.now + (ULong)(Long)o->now &&
                statistics.instructions == under_way.instructions + o->instructions &&
                common_turn() == (under_way.turn + o->turned) % CIRCLE;
    if (o->commits) same &= commit_stage == (under_way.origin.now << BITS) + (ULong)(Long)o->commit;
    counts_now(counts);
    for (UInt i = 0; i < o->counts; i++) under_way.counts[o->count[i].which] += (ULong)(Long)o->count[i].by;
    for (UInt i = 0; i < COUNTS; i++) same &= counts[i] == under_way.counts[i];
    for (UInt i = 0; i < o->turns; i++) same &= last_turn[o->count[o->counts + i].which] == o->count[o->counts + i].by;
    if (!same) {
        VG_(umsg)("PIE-MEMO the block at %#lx was remembered otherwise\n", under_way.block->start);
        VG_(exit)(1);
    }
    if (!wrong) current = next;
}

/* The block has been passed, or goes wrong: from here on it is remembered. */
static void remember(Bool wrong) {
    UInt count;
    const Asked *asked = trace_end(&count);
    if (under_way.known) {
        compare(under_way.known, wrong, count);
        return;
    }
    Ref next = wrong && !waiting_ahead() ? 0 : intern();
    if (!wrong) current = next;
    Asked *instead = under_way.instead;
    if (!next || !asked || answered + count >= MOST_ASKED || (instead && (Short)under_way.answer != under_way.answer))
        return;
    if (instead) {
        Asked *own = room(sizeof *own);
        *own = *instead;
        own->answer = under_way.answer;
        own->other = 0;
        instead->other = ref_of(own);
    } else {
        State *s = at(under_way.state);
        Passing *p = room(sizeof *p);
        *p = (Passing){under_way.block->number, (Int)(under_way.next - under_way.block->start), s->passings,
                       under_way.count};
        s->passings = ref_of(p);
    }
    VG_(memcpy)(room(count * sizeof *asked), asked, count * sizeof *asked);
    Outcome *o = add_outcome(next, wrong);
    if (!wrong) latest = o;
}

void trace_goes_wrong(void) {
    remember(True);
}

static void pass_and_remember(const Block *block, UInt count, Addr next, Asked *instead, Origin origin,
                              Prediction predicted, const Outcome *known) {
    if (!known) gained -= COMPUTED;
    under_way.state = current;
    if (passed_by) recall_current(origin);
    accesses_noted = origin.access;
    under_way.block = block;
    under_way.count = count;
    under_way.next = next;
    under_way.instead = instead;
    under_way.known = known;
    under_way.answer = answered ? answers[answered - 1] : 0;
    under_way.origin = origin;
    under_way.placed = operations_placed();
    under_way.instructions = statistics.instructions;
    under_way.turn = common_turn();
    counts_now(under_way.counts);
    current = 0;
    latest = NULL;
    trace_begin(origin, answers, answered, predicted);
    blocks_steps(block, count, next);
    if (tracing) remember(False);
}

/* ---- passing by what is remembered -------------------------------------------------------------------------- */

static inline Bool is_of(const Passing *p, const Block *block, UInt count, Addr next) {
    return p->block == block->number && p->next == (Int)(next - block->start) && p->count == count;
}

static Passing *passing_of(const Block *block, UInt count, Addr next) {
    UInt straight = next == block->behind;
    if (latest && latest->then[straight]) {
        Passing *p = at(latest->then[straight]);
        if (is_of(p, block, count, next)) return p;
    }
    State *s = at(current);
    for (Ref r = s->passings; r;) {
        Passing *p = at(r);
        if (is_of(p, block, count, next)) {
            if (latest) latest->then[straight] = r;
            return p;
        }
        r = p->other;
    }
    return NULL;
}

static inline Int ask(const Asked *a, const Block *block, Origin from, Addr next, Prediction *predicted) {
    Cycle at = from.now + (ULong)(Long)a->at;
    switch (a->kind) {
    case ASKED_FETCH:
        return (Int)(cache_access(INSTRUCTION, from.start + (Addr)(Long)a->address, False, at) - at);
    case ASKED_ISSUE: return (Int)(may_issue((UInt)a->address, at) - at);
    case ASKED_LOAD: {
        Passed out;
        out.replayed = False;
        Addr address = accesses[(from.access + (UInt)(Int)a->also) % ACCESSES].load;
        Cycle done = load_at((UInt)a->address, address + a->offset, a->which, at, &out);
        return (Int)(done - at) << 1 | out.replayed;
    }
    case ASKED_STORE: {
        Addr address = accesses[(from.access + (UInt)(Int)a->also) % ACCESSES].store;
        store_at((UInt)a->address, address + a->offset, a->which, at, from.now + (ULong)(Long)a->answer);
        return a->answer;
    }
    case ASKED_ENTRY: return (Int)(later(at, store_entry() + FREED) - at);
    case ASKED_DRAINED: return (Int)(stores_drained(at) - at);
    case ASKED_PORT: return turn_of(a->which);
    case ASKED_STEPS: {
        const Step *s = &block->steps[(UInt)a->also];
        return (Int)division_steps(s->inst, values[s->other]);
    }
    case ASKED_BRANCH: {
        UInt name;
        const Inst *inst = block->steps[block->count - 1].inst;
        return predicted_right(inst, next, is_taken(inst, next), at, predicted, &name);
    }
    case ASKED_INNER:
        return inner_branch(block->steps[(UInt)a->also].inst, a->which, at, from.now + (ULong)(Long)a->address);
    case ASKED_COMMIT: branch_commits(from.name + (UInt)(Int)a->also, at); return 0;
    default: return 0;
    }
}

static void note_accesses(const Block *b, UInt count) {
    for (UInt i = 0; i < count; i++)
        if (b->steps[i].accesses) note_access(values[b->steps[i].load], values[b->steps[i].store]);
}

/* Passes a block as it was passed before, as far as that goes. */
static void pass_by(const Block *block, UInt count, Addr next) {
    Origin origin = {block->start, now_, accesses_noted, next_name()};
    Prediction predicted = {0};
    Passing *p = passing_of(block, count, next);
    answered = 0;
    if (!p) {
        pass_and_remember(block, count, next, NULL, origin, predicted, NULL);
        return;
    }
    note_accesses(block, count);
    Asked *a = p->asked;
    for (; a->kind != ASKED_ALL; a++) {
        Int answer = answers[answered++] = ask(a, block, origin, next, &predicted);
        while (__builtin_expect(a->answer != answer, 0)) {
            if (!a->other) {
                pass_and_remember(block, count, next, a, origin, predicted, NULL);
                return;
            }
            a = at(a->other);
        }
    }
    Outcome *o = (Outcome *)a;
    if (memo_checking) {
        pass_and_remember(block, count, next, NULL, origin, predicted, o);
        return;
    }
    o->times++;
    if (!passed_by) back_end_left();
    passed_by = True;
    current = o->next;
    latest = o;
    now_ += (ULong)(Long)o->now;
    if (o->commits) commit_stage = (origin.now << BITS) + (ULong)(Long)o->commit;
    statistics.instructions += o->instructions;
    if (o->turned) common_turns((common_turn() + o->turned) % CIRCLE);
    for (UInt i = 0; i < o->turns; i++) last_turn[o->count[o->counts + i].which] = o->count[o->counts + i].by;
    if (o->wrong) {
        gained -= RECALLED;
        Inst *inst = block->steps[count - 1].inst;
        recall_current(here());
        current = 0;
        latest = NULL;
        goes_wrong(inst, next, is_taken(inst, next), predicted);
    }
}

/* ---- which blocks ---------------------------------------------------------------------------------------- */

enum { NOT_KNOWN, NO, YES };
enum { LONG_RUN = 200000, OFTEN = 16, MOST_STEPS = 100 };

static UChar can_be_remembered(Block *b) {
    static UInt numbers;
    if (!b->count || b->count > MOST_STEPS) return NO;
    for (UInt i = 0; i < b->count; i++) {
        const Inst *inst = b->steps[i].inst;
        Bool divides = inst->loop == L_DIVIDE && inst->known && inst->straight && inst->kind == K_PLAIN;
        if (!b->steps[i].simple && !divides) return NO;
        if (inst->kind != K_PLAIN && i + 1 < b->count) return NO;
    }
    const Inst *last = b->steps[b->count - 1].inst;
    b->behind = last->pc + last->len;
    b->number = ++numbers;
    return YES;
}

/* Whether it pays: passing by what is remembered is counted against what is written down and what is computed, by
 * about what each takes. Where it does not, the model works alone for a while, and each time for longer. */
enum { WINDOW = 1 << 14, BEGINNING = 4, TRIAL = 1 << 13, REST = 4, MOST_RESTS = 6 };
static UInt blocks_left = BEGINNING * WINDOW, rests;
static Bool resting;

static __attribute__((noinline)) void end_of_window(void) {
    static Bool begun;
    Bool pays = resting || !begun || gained >= 0;
    if (begun && !resting && pays) rests = 0;
    begun = True;
    gained = 0;
    blocks_left = resting ? TRIAL : WINDOW;
    resting = !pays && !memo_always;
    if (resting) {
        memo_settle();
        blocks_left = REST * WINDOW << rests;
        rests += rests < MOST_RESTS;
    }
}

Bool memo_pass(Block *b, UInt count, Addr next) {
    if (statistics.instructions < LONG_RUN && !memo_always) return False;
    if (--blocks_left == 0) end_of_window();
    if (resting) return False;
    if (b->remembered == NOT_KNOWN) b->remembered = can_be_remembered(b);
    if (b->remembered == NO || !next || !count || annotating || next - b->start + (1u << 31) >> 32) {
        memo_settle();
        return False;
    }
    if (!current || room_full()) {
        if (!current && b->passed++ < OFTEN && !memo_always) return False;
        if (room_full()) forget();
        gained -= WRITTEN;
        if (!(current = intern())) return False;
        latest = NULL;
    }
    gained++;
    pass_by(b, count, next);
    return True;
}
