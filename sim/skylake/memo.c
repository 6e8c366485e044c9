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

enum { ROOM = 24 << 20, SPARE = 1 << 16, BUCKETS = 1 << 13, MOST_WORDS = 2048, MOST_ASKED = 1024 };

/* Everything lies in one room; a place in it is counted in words of eight bytes, and 0 is none. */
typedef UInt Ref;

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

typedef struct {
    Ref more; /* of its bucket */
    Ref passings;
    UInt hash, count;
    UInt words[];
} State;

/* ---- room ---------------------------------------------------------------------------------------------- */

static ULong *space;
static UInt used; /* words of it */
static Ref buckets[BUCKETS];

static inline void *at(Ref ref) { return space + ref; }
static inline Ref ref_of(const void *thing) { return (ULong *)thing - space; }

static void *room(UInt bytes) {
    if (!space) {
        space = VG_(malloc)("memo", ROOM + SPARE);
        used = 2;
    }
    used += used & 1; /* an Asked lies in one line of the host's cache */
    ULong *place = space + used;
    used += (bytes + 7) / 8;
    return place;
}

static Bool full(void) { return used * sizeof *space > ROOM; }

/* ---- states -------------------------------------------------------------------------------------------- */

static Ref current;      /* 0: the pipeline's own state is not written down */
static Outcome *latest;  /* that led to it, or NULL */
static Bool passed_by;   /* the pipeline's own state is not that of `current` */

static Ref intern(void) {
    static ULong aligned[MOST_WORDS / 2];
    UInt *words = (UInt *)aligned, *w = words;
    Moments m = {oldest_fetched(now_), 0, accesses_noted, next_name(), words + MOST_WORDS};
    m.renamed = later(m.floor + FETCH_TO_DECODE + DECODE_TO_RENAME, last_rename());
    ST(5);
    *w++ = (UInt)(now_ - m.floor);
    if (!(w = front_end_note(w, m)) || !(w = waiting_note(w, m)) || !(w = back_end_note(w, m)) ||
        !(w = top_down_note(w)))
        return 0;
    UInt count = w - words;
    if (count & 1) *w = 0;
    ULong h = count;
    for (UInt i = 0; i < (count + 1) / 2; i++) {
        h = (h ^ aligned[i]) * 0x9e3779b97f4a7c15ULL;
        h ^= h >> 29;
    }
    UInt hash = (UInt)(h >> 16);
    for (Ref r = buckets[hash % BUCKETS]; r;) {
        State *s = at(r);
        if (s->hash == hash && s->count == count) {
            const ULong *known = (const ULong *)s->words;
            UInt i = 0;
            while (i < (count + 1) / 2 && known[i] == aligned[i]) i++;
            if (i == (count + 1) / 2) return r;
        }
        r = s->more;
    }
    ST(6);
    State *s = room(sizeof(State) + (count + 1) / 2 * sizeof *aligned);
    *s = (State){buckets[hash % BUCKETS], 0, hash, count};
    for (UInt i = 0; i < (count + 1) / 2; i++) ((ULong *)s->words)[i] = aligned[i];
    return buckets[hash % BUCKETS] = ref_of(s);
}

/* Makes it the pipeline's own again. */
static void recall(Ref state, Origin origin) {
    const State *s = at(state);
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

static Origin here(void) { return (Origin){0, now_, accesses_noted, next_name()}; }

void memo_settle(void) {
    if (passed_by) recall(current, here());
    current = 0;
    latest = NULL;
}

/* ---- what is remembered ----------------------------------------------------------------------------------- */

static Ref outcomes; /* all of them: the youngest */

void memo_count(void) {
#ifdef MEMO_STATS
    VG_(umsg)("MEMO fresh %llu other %llu recalls %llu hits %llu wrong %llu interns %llu states %llu words %llu room %u steps %llu wrongmiss %llu then %llu\n", st[0], st[1], st[2], st[3], st[4], st[5], st[6], st[7], used * 8, st[8], st[9], st[10]);
#endif
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
    VG_(memset)(buckets, 0, sizeof buckets);
    used = 2;
    latest = NULL;
}

void memo_forget(void) {
    if (!space) return;
    memo_settle();
    forget();
}

static Int answers[MOST_ASKED];
static UInt answered;

/* What is being passed step by step, to be remembered. */
static struct {
    const Block *block;
    UInt count;
    Addr next;
    Ref state;
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

/* The block has been passed, or goes wrong: from here on it is remembered. */
static Outcome *expected;
static void remember(Bool wrong) {
    UInt count;
    const Asked *asked = trace_end(&count);
#ifdef MEMO_VERIFY
    if (expected) {
        static UInt told;
        Outcome *e = expected;
        expected = NULL;
        Ref is = intern();
        ULong counts[COUNTS];
        counts_now(counts);
        UInt bad = 0;
        for (UInt i = 0; i < COUNTS; i++) {
            Int by = 0;
            for (UInt k = 0; k < e->counts; k++) if (e->count[k].which == i) by = e->count[k].by;
            if (by != (Int)(counts[i] - under_way.counts[i])) bad = 1000 + i;
        }
        if (e->wrong != wrong) bad = 1;
        else if (is != e->next) bad = 2;
        else if (count) bad = 3;
        else if (e->now != (Int)(now_ - under_way.origin.now)) bad = 4;
        else if (e->commits && e->commit != (Int)(commit_stage - (under_way.origin.now << BITS))) bad = 5;
        else if ((common_turn() - under_way.turn) % CIRCLE != e->turned) bad = 6;
        if (bad && told++ < 6) {
            VG_(umsg)("BAD %u block %lx count %u answered %u wrong %u next %u %u\n", bad, under_way.block->start, under_way.count, answered, wrong, is, e->next);
            const State *a = at(e->next), *b = is ? at(is) : a, *c = at(under_way.state);
            for (UInt i = 0; i < a->count && i < b->count; i++) if (a->words[i] != b->words[i]) VG_(umsg)("  word %u %x %x of %u %u\n", i, a->words[i], b->words[i], a->count, b->count);
            for (UInt i = 0; i < answered; i++) VG_(printf)("%d ", answers[i]);
            VG_(printf)("\nfrom ");
            for (UInt i = 0; i < c->count; i++) VG_(printf)("%x ", c->words[i]);
            VG_(printf)("\nto ");
            for (UInt i = 0; i < a->count; i++) VG_(printf)("%x ", a->words[i]);
            VG_(printf)("\n");
        }
        current = wrong ? 0 : is;
        return;
    }
#endif
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
    ST(9);
    remember(True);
}

static void pass_and_remember(const Block *block, UInt count, Addr next, Asked *instead, Origin origin,
                              Prediction predicted) {
    ST(instead ? 1 : 0);
    if (passed_by) ST(2);
    under_way.state = current;
    if (passed_by) recall(current, origin);
    accesses_noted = origin.access;
    under_way.block = block;
    under_way.count = count;
    under_way.next = next;
    under_way.instead = instead;
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
    ST(10);
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
        pass_and_remember(block, count, next, NULL, origin, predicted);
        return;
    }
    note_accesses(block, count);
    Asked *a = p->asked;
    for (; a->kind != ASKED_ALL; a++) {
        Int answer = answers[answered++] = ask(a, block, origin, next, &predicted);
        while (__builtin_expect(a->answer != answer, 0)) {
            if (!a->other) {
                pass_and_remember(block, count, next, a, origin, predicted);
                return;
            }
            a = at(a->other);
        }
    }
    Outcome *o = (Outcome *)a;
    ST(3);
#ifdef MEMO_VERIFY
    expected = o;
    pass_and_remember(block, count, next, NULL, origin, predicted);
    return;
#endif
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
        ST(4);
        Inst *inst = block->steps[count - 1].inst;
        recall(current, here());
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

Bool memo_pass(Block *b, UInt count, Addr next) {
    if (statistics.instructions < LONG_RUN) return False;
    if (b->remembered == NOT_KNOWN) b->remembered = can_be_remembered(b);
    if (b->remembered == NO || !next || !count || annotating || next - b->start + (1u << 31) >> 32) {
        ST(8);
        memo_settle();
        return False;
    }
#ifdef MEMO_CHECK
    if (full()) forget();
    back_end_left();
    if ((current = intern())) recall(current, here());
    current = 0;
    return False;
#endif
    if (!current || full()) {
        if (!current && b->passed++ < OFTEN) return False;
        if (full()) {
            memo_settle();
            forget();
        }
        if (!(current = intern())) return False;
        latest = NULL;
    }
    pass_by(b, count, next);
    return True;
}
