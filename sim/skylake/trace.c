/* Writes down what passing a block asks of caches, memory order and predictor, or answers it from what was written. */
#include "trace.h"
#include "back_end.h"
#include "pipeline.h"
#include "ports.h"

enum { MOST = 1024 };

Bool tracing;
UInt traced_step;
static Origin from;
static Asked asked[MOST];
static UInt asked_count;
static const Int *given;
static UInt given_count, given_next;
static Prediction given_prediction;
static Bool fits;          /* all that was asked can be written down */
static Int first_turn;     /* of the commonest class, when the block began */
static ULong ports_known; /* a bit for each class whose turn was asked for */

void trace_begin(Origin origin, const Int *answered, UInt count, Prediction predicted) {
    tracing = True;
    from = origin;
    given = answered;
    given_count = count;
    given_next = asked_count = 0;
    given_prediction = predicted;
    ports_known = 0;
    first_turn = turn_of(INT_ALU);
    fits = True;
}

const Asked *trace_end(UInt *count) {
    tracing = False;
    *count = asked_count;
    return fits ? asked : NULL;
}

ULong ports_asked(void) { return ports_known; }

Int turn_of(UInt cls) { return cls == INT_ALU ? (Int)common_turn() : last_turn[cls] >> 8; }

static Long relative(Cycle at) { return (Long)(at - from.now); }

static inline Bool answered(Int *answer) {
    if (given_next == given_count) return False;
    *answer = given[given_next++];
    return True;
}

/* What is not as wide in an Asked. */
typedef struct {
    Long at, answer, also, address;
} Wide;

static void note(enum Question kind, UInt which, UInt offset, Wide w) {
    Asked *a = &asked[asked_count];
    *a = (Asked){kind, which, offset, w.also, w.at, w.answer, w.address, 0};
    fits &= a->also == w.also && a->at == w.at && a->answer == w.answer && a->address == w.address;
    if (asked_count < MOST - 1) asked_count++;
    else fits = False;
}

Cycle traced_fetch(Addr address, Cycle now) {
    Int answer;
    if (answered(&answer)) return now + (ULong)(Long)answer;
    Cycle there = cache_access(INSTRUCTION, address, False, now);
    note(ASKED_FETCH, 0, 0, (Wide){relative(now), there - now, 0, address - from.start});
    return there;
}

Cycle traced_issue(Addr pc, Cycle issued) {
    Int answer;
    if (answered(&answer)) return issued + (ULong)(Long)answer;
    Cycle may = may_issue(pc, issued);
    note(ASKED_ISSUE, 0, 0, (Wide){relative(issued), may - issued, 0, (Int)pc});
    return may;
}

Cycle traced_load(Addr pc, Addr address, const Uop *u, Cycle executed, Passed *out) {
    Int answer;
    if (answered(&answer)) {
        Cycle done = executed + (ULong)(Long)(answer >> 1);
        out->replayed = answer & 1;
        if (out->replayed) out->restart = done - 1 + COMMIT_RESTART;
        return done;
    }
    Cycle done = load_at(pc, address + u->offset, u->size, executed, out);
    note(ASKED_LOAD, u->size, u->offset,
         (Wide){relative(executed), (Long)(done - executed) << 1 | out->replayed, (Int)(passing - from.access), (Int)pc});
    return done;
}

void traced_store(Addr pc, Addr address, const Uop *u, Cycle executed, Cycle committed) {
    Int answer;
    if (answered(&answer)) return;
    store_at(pc, address + u->offset, u->size, executed, committed);
    note(ASKED_STORE, u->size, u->offset,
         (Wide){relative(executed), relative(committed), (Int)(passing - from.access), (Int)pc});
}

Cycle traced_entry(Cycle at) {
    Int answer;
    if (answered(&answer)) return at + (ULong)(Long)answer;
    Cycle entry = later(at, store_entry() + FREED);
    note(ASKED_ENTRY, 0, 0, (Wide){relative(at), entry - at});
    return entry;
}

Cycle traced_drained(Cycle at) {
    Int answer;
    if (answered(&answer)) return at + (ULong)(Long)answer;
    Cycle drained = stores_drained(at);
    note(ASKED_DRAINED, 0, 0, (Wide){relative(at), drained - at});
    return drained;
}

static void ask_turn(UInt cls) {
    Int answer;
    if (ports_known >> cls & 1) return;
    ports_known |= 1ULL << cls;
    if (answered(&answer)) return;
    note(ASKED_PORT, cls, 0, (Wide){.answer = cls == INT_ALU ? first_turn : turn_of(cls)});
}

void traced_port(const Uop *u) {
    /* Who shares no port with another class, or asks for the commonest class's alone, is not told apart (ports.c). */
    if (u->cls == INT_ALU || !(u->ports & COMMON_PORTS)) return;
    ask_turn(INT_ALU);
    if (u->ports & (u->ports - 1)) ask_turn(u->cls);
}

UInt traced_steps(UInt steps) {
    Int answer;
    if (answered(&answer)) return answer;
    note(ASKED_STEPS, 0, 0, (Wide){.answer = steps, .also = traced_step});
    return steps;
}

Bool traced_branch(const Inst *inst, Addr next, Bool taken, Cycle now, Prediction *predicted, UInt *name) {
    Int answer;
    Bool right;
    if (answered(&answer)) {
        right = answer;
        *predicted = given_prediction;
        if (right) *name = next_name() - 1;
    } else {
        right = predicted_right(inst, next, taken, now, predicted, name);
        note(ASKED_BRANCH, 0, 0, (Wide){relative(now), right});
    }
    if (!right) trace_goes_wrong();
    return right;
}

Bool traced_inner_branch(const Inst *inst, Bool taken, Cycle now, Cycle committed) {
    Int answer;
    if (answered(&answer)) return answer;
    Bool wrong = inner_branch(inst, taken, now, committed);
    note(ASKED_INNER, taken, 0, (Wide){relative(now), wrong, traced_step, relative(committed)});
    return wrong;
}

void traced_commit(UInt branch, Cycle commit) {
    Int answer;
    if (answered(&answer)) return;
    branch_commits(branch, commit);
    note(ASKED_COMMIT, 0, 0, (Wide){.at = relative(commit), .also = (Int)(branch - from.name)});
}
