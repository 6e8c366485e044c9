/* Exact memoisation, as in FastSim (Schnarr and Larus 1998): what a block does to the pipeline is computed once for
 * each state in which it finds it, and remembered.
 *
 * The state is relative to time, and what no longer matters is left out (memo.h). What lies beside the pipeline -
 * caches, memory order, predictor - keeps its own state and is asked the same questions in the same order at the same
 * times; the answers lead to what is remembered, as in a tree. An answer that was not given there before sends the
 * model through the block, with the answers that it has got; so does a wrong prediction, from the branch on. As long as
 * all is remembered, the pipeline's own state is not kept. */
#include "trace.h"
#include "pipeline.h"
#include "ports.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_mallocfree.h"

Bool memoising = True;
#ifdef MEMO_STATS
static ULong st[16];
#define ST(i) st[i]++
#else
#define ST(i)
#endif

enum { CHUNK = 1 << 20, CHUNKS = 64, BUCKETS = 1 << 14, MOST_WORDS = 2048, MOST_ASKED = 1024, PORTS_ASKED = 16 };

/* What has become of the pipeline when a block has been passed in one way. */
typedef struct Outcome {
    struct State *next;
    Int now, commit;        /* of fetch and of the last commit's stage, from where fetch was */
    UInt instructions;
    UChar wrong, commits;   /* it ends at a branch that goes wrong; anything was passed */
    UChar turns, counts, turned; /* turned: ports of the commonest class */
    struct {
        UShort cls, turn;
    } turn[PORTS_ASKED];
    ULong times;            /* it was taken: what it counts is added later */
    struct {
        Int which, by;
    } count[];
} Outcome;

/* The ways of a block from a state to a next address. */
typedef struct Passing {
    Block *block;
    Addr next;
    UInt count;
    struct Passing *other;
    Asked *asked;
} Passing;

typedef struct State {
    struct State *more; /* of its bucket */
    Passing *passings;
    UInt hash, count;
    UInt words[];
} State;

/* ---- room ---------------------------------------------------------------------------------------------- */

static UChar *chunks[CHUNKS];
static UInt chunk; /* the one in use */
static UInt used = CHUNK; /* of it */
static State *buckets[BUCKETS];

static void *room(UInt bytes) {
    bytes = (bytes + 7) & ~7u;
    if (used + bytes > CHUNK) {
        if (chunks[chunk]) chunk++;
        if (!chunks[chunk]) chunks[chunk] = VG_(malloc)("memo", CHUNK);
        used = 0;
    }
    used += bytes;
    return chunks[chunk] + used - bytes;
}

static Bool full(void) { return chunk >= CHUNKS - 1; }

/* ---- states -------------------------------------------------------------------------------------------- */

static State *current; /* NULL: the pipeline's own state is not written down */
static Bool passed_by; /* the pipeline's own state is not that of `current` */

static State *intern(void) {
    static UInt words[MOST_WORDS];
    Moments m = {oldest_fetched(now_), 0, accesses_noted, next_name(), words + MOST_WORDS};
    m.renamed = later(m.floor + FETCH_TO_DECODE + DECODE_TO_RENAME, last_rename());
    UInt *w = words;
    *w++ = (UInt)(now_ - m.floor);
    if (!(w = front_end_note(w, m)) || !(w = waiting_note(w, m)) || !(w = back_end_note(w, m)) ||
        !(w = top_down_note(w)))
        return NULL;
    UInt count = w - words;
    ST(5);
    ULong h = count;
    for (UInt i = 0; i < count; i++) {
        h = (h ^ words[i]) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 29;
    }
    UInt hash = (UInt)(h >> 16);
    for (State *s = buckets[hash % BUCKETS]; s; s = s->more)
        if (s->hash == hash && s->count == count && !VG_(memcmp)(s->words, words, count * sizeof *words)) return s;
    ST(6);
#ifdef MEMO_STATS
    st[7] += count;
#endif
    State *s = room(sizeof(State) + count * sizeof *words);
    *s = (State){buckets[hash % BUCKETS], NULL, hash, count};
    VG_(memcpy)(s->words, words, count * sizeof *words);
    buckets[hash % BUCKETS] = s;
    return s;
}

/* Makes it the pipeline's own again. */
static void recall(const State *s, Origin origin) {
    const UInt *w = s->words;
    Moments m = {origin.now - *w++, 0, origin.access, origin.name, NULL};
    now_ = origin.now;
    w = front_end_recall(w, m);
    w = waiting_recall(w, m);
    w = back_end_recall(w, m);
    w = top_down_recall(w);
    tl_assert(w == s->words + s->count);
    passed_by = False;
}

static Origin here(void) { return (Origin){now_, accesses_noted, next_name()}; }

void memo_settle(void) {
    if (passed_by) recall(current, here());
    current = NULL;
}

/* ---- what is remembered ----------------------------------------------------------------------------------- */

static Outcome *all_outcomes;
#define NEXT_OUTCOME(o) (*(Outcome **)&(o)->count[(o)->counts])

void memo_count(void) {
#ifdef MEMO_STATS
    VG_(umsg)("MEMO fresh %llu other %llu recalls %llu hits %llu wrong %llu interns %llu states %llu words %llu room %u steps %llu wrongmiss %llu\n", st[0], st[1], st[2], st[3], st[4], st[5], st[6], st[7], chunk, st[8], st[9]);
#endif
    for (Outcome *o = all_outcomes; o; o = NEXT_OUTCOME(o)) {
        for (UInt i = 0; i < o->counts; i++) counts_add(o->count[i].which, (Long)o->count[i].by * (Long)o->times);
        o->times = 0;
    }
}

static void forget(void) {
    memo_count();
    all_outcomes = NULL;
    VG_(memset)(buckets, 0, sizeof buckets);
    chunk = 0;
    used = chunks[0] ? 0 : CHUNK;
}

void memo_forget(void) {
    if (!all_outcomes) return;
    memo_settle();
    forget();
}

static Int answers[MOST_ASKED];
static UInt answered;

/* What is being passed step by step, to be remembered. */
static struct {
    Passing *passing;
    Asked *instead; /* of the last of these answers another one was given */
    Int answer;
    Origin origin;
    Stage commit;
    UInt turn;
    ULong placed, instructions, counts[COUNTS];
} under_way;

static Outcome *make_outcome(State *next, Bool wrong) {
    ULong counts[COUNTS];
    UInt n = 0;
    counts_now(counts);
    for (UInt i = 0; i < COUNTS; i++) n += counts[i] != under_way.counts[i];
    Outcome *o = room(sizeof(Outcome) + n * sizeof o->count[0] + sizeof(Outcome *));
    *o = (Outcome){.next = next, .wrong = wrong, .now = (Int)(now_ - under_way.origin.now),
                   .commit = (Int)(commit_stage - (under_way.origin.now << BITS)),
                   .commits = operations_placed() != under_way.placed,
                   .turned = (common_turn() - under_way.turn) % 4,
                   .instructions = (UInt)(statistics.instructions - under_way.instructions)};
    for (UInt i = 0; i < COUNTS; i++)
        if (counts[i] != under_way.counts[i]) {
            o->count[o->counts].which = (Int)i;
            o->count[o->counts++].by = (Int)(counts[i] - under_way.counts[i]);
        }
    NEXT_OUTCOME(o) = all_outcomes;
    all_outcomes = o;
    return o;
}

/* The block has been passed, or goes wrong: from here on it is remembered. */
static void remember(Bool wrong) {
    UInt count, again = under_way.instead != NULL;
    const Asked *asked = trace_end(&count);
    State *next = wrong && !waiting_ahead() ? NULL : intern();
    if (!wrong) current = next;
    if (!next || !asked || answered + count + again >= MOST_ASKED) return;
    Outcome *o = make_outcome(next, wrong);
    Asked *own = room((count + again + 1) * sizeof *own);
    if (again) {
        own[0] = *under_way.instead;
        own[0].answer = under_way.answer;
        own[0].other = NULL;
        under_way.instead->other = own;
    } else {
        under_way.passing->asked = own;
    }
    VG_(memcpy)(own + again, asked, count * sizeof *own);
    own[again + count] = (Asked){.kind = ASKED_ALL, .outcome = o};
    for (UInt cls = 0; cls < CLASSES; cls++)
        if (cls != INT_ALU && ports_asked() >> cls & 1) {
            o->turn[o->turns].cls = cls;
            o->turn[o->turns++].turn = last_turn[cls];
        }
}

void trace_goes_wrong(void) { ST(9); remember(True); }

static void pass_and_remember(Passing *p, Asked *instead, Origin origin, Prediction predicted) {
    ST(instead ? 1 : 0); if (passed_by) ST(2);
    if (passed_by) recall(current, origin);
    accesses_noted = origin.access;
    under_way.passing = p;
    under_way.instead = instead;
    under_way.answer = answered ? answers[answered - 1] : 0;
    under_way.origin = origin;
    under_way.commit = commit_stage;
    under_way.placed = operations_placed();
    under_way.instructions = statistics.instructions;
    counts_now(under_way.counts);
    under_way.turn = common_turn();
    current = NULL;
    trace_begin(origin, answers, answered, predicted);
    blocks_steps(p->block, p->count, p->next);
    if (tracing) remember(False);
}

/* ---- passing by what is remembered -------------------------------------------------------------------------- */

static Passing *passing_of(State *s, Block *block, UInt count, Addr next) {
    for (Passing *p = s->passings; p; p = p->other)
        if (p->block == block && p->next == next && p->count == count) return p;
    Passing *p = room(sizeof *p);
    *p = (Passing){block, next, count, s->passings, NULL};
    s->passings = p;
    return p;
}

static inline Int ask(const Asked *a, Origin from, Addr next, Prediction *predicted) {
    Cycle at = from.now + (ULong)(Long)a->at;
    switch (a->kind) {
    case ASKED_FETCH: return (Int)(cache_access(INSTRUCTION, a->address, False, at) - at);
    case ASKED_ISSUE: return (Int)(may_issue(a->address, at) - at);
    case ASKED_LOAD: {
        Passed out;
        out.replayed = False;
        Addr address = accesses[(from.access + (UInt)a->also) % ACCESSES].load;
        Cycle done = load_at(a->address, address + a->offset, a->which, at, &out);
        return (Int)(done - at) << 1 | out.replayed;
    }
    case ASKED_STORE: {
        Addr address = accesses[(from.access + (UInt)a->also) % ACCESSES].store;
        store_at(a->address, address + a->offset, a->which, at, from.now + (ULong)(Long)a->answer);
        return a->answer;
    }
    case ASKED_ENTRY: return (Int)(later(at, store_entry() + FREED) - at);
    case ASKED_DRAINED: return (Int)(stores_drained(at) - at);
    case ASKED_PORT: return turn_of(a->which);
    case ASKED_STEPS: return (Int)division_steps(a->inst, values[a->also]);
    case ASKED_BRANCH: {
        UInt name;
        return predicted_right(a->inst, next, is_taken(a->inst, next), at, predicted, &name);
    }
    case ASKED_INNER: return inner_branch(a->inst, a->which, at, from.now + (ULong)(Long)a->also);
    case ASKED_COMMIT: branch_commits(from.name + (UInt)a->also, at); return 0;
    default: return 0;
    }
}

static void note_accesses(const Block *b, UInt count) {
    for (UInt i = 0; i < count; i++)
        if (b->steps[i].inst->accesses) note_access(values[b->steps[i].load], values[b->steps[i].store]);
}

/* Passes it as it was passed before, as far as that goes. */
static void pass_by(Passing *p) {
    Origin origin = here();
    Prediction predicted = {0};
    Asked *a = p->asked;
    answered = 0;
    if (!a) {
        pass_and_remember(p, NULL, origin, predicted);
        return;
    }
    note_accesses(p->block, p->count);
    for (; a->kind != ASKED_ALL; a++) {
        Int answer = answers[answered++] = ask(a, origin, p->next, &predicted);
        while (a->answer != answer) {
            if (!a->other) {
                pass_and_remember(p, a, origin, predicted);
                return;
            }
            a = a->other;
        }
    }
    Outcome *o = a->outcome;
    ST(3); if (o->wrong) ST(4);
    o->times++;
    if (!passed_by) back_end_left();
    passed_by = True;
    current = o->next;
    now_ += (ULong)(Long)o->now;
    if (o->commits) commit_stage = (origin.now << BITS) + (ULong)(Long)o->commit;
    statistics.instructions += o->instructions;
    if (o->turned) common_turns((common_turn() + o->turned) % 4);
    for (UInt i = 0; i < o->turns; i++) last_turn[o->turn[i].cls] = o->turn[i].turn;
    if (o->wrong) {
        Inst *inst = p->block->steps[p->count - 1].inst;
        recall(current, here());
        current = NULL;
        goes_wrong(inst, p->next, is_taken(inst, p->next), predicted);
    }
}

/* ---- which blocks ---------------------------------------------------------------------------------------- */

enum { NOT_KNOWN, NO, YES };
enum { LONG_RUN = 200000, OFTEN = 16, MOST_STEPS = 100 };

static UChar can_be_remembered(const Block *b) {
    if (b->count > MOST_STEPS) return NO;
    for (UInt i = 0; i < b->count; i++) {
        const Inst *inst = b->steps[i].inst;
        Bool divides = inst->loop == L_DIVIDE && inst->known && inst->straight && inst->kind == K_PLAIN;
        if (!b->steps[i].simple && !divides) return NO;
        if (inst->kind != K_PLAIN && i + 1 < b->count) return NO;
    }
    return YES;
}

Bool memo_pass(Block *b, UInt count, Addr next) {
    if (b->remembered == NOT_KNOWN) b->remembered = can_be_remembered(b);
    if (b->remembered == NO || !next || !count || annotating) {
        ST(8);
        memo_settle();
        return False;
    }
    if (!current) {
        if (statistics.instructions < LONG_RUN || b->passed++ < OFTEN) return False;
        if (full()) forget();
        current = intern();
        if (!current) return False;
    } else if (full()) {
        memo_settle();
        forget();
        current = intern();
        if (!current) return False;
    }
    pass_by(passing_of(current, b, count, next));
    return True;
}
