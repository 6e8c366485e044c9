/* From decode to commit: when each micro-operation is renamed, issued, executed and committed.
 *
 * Operations pass in program order and each is given its times at once: the earliest at which its
 * operands, a port and the finite buffers allow. That leaves out one thing: an operation cannot be
 * delayed by a younger one. */
#include "issue_queue.h"
#include "memo.h"
#include "pipeline.h"
#include "ports.h"
#include "top_down.h"
#include "pub_tool_libcbase.h"

Stage decode_stage = 1, rename_stage = 1, commit_stage = 1;
ULong passed_on;
Cycle rob[PLACES], queue[PLACES], lq[PLACES], int_regs[PLACES], float_regs[PLACES];
UInt lq_at, int_regs_at, float_regs_at;
Cycle ready[R_COUNT] __attribute__((aligned(16)));
Cycle serialized;
static Cycle barrier; /* no memory access begins before */
void back_end_init(void) {
    ports_init();
    memory_order_init();
}

Cycle last_commit(void) { return stage_at(commit_stage, BITS); }
Cycle last_rename(void) { return stage_at(rename_stage, BITS); }
/* Operations that were passed by what is remembered of them (memo.c): they take no places. */
static ULong passed_elsewhere;
ULong operations_placed(void) { return passed_on; }
ULong operations_passed(void) { return passed_on + passed_elsewhere; }

Cycle fetch_room(UInt ahead) { return PLACE(queue, passed_on + ahead - FETCH_QUEUE); }

static UInt resume; /* cycles from fetch to decode, for the next operation */

Bool rename_late(Cycle now, const Uop *const *ahead, UInt count) {
    if (last_rename() + RENAME_LAG > now || stage_at(decode_stage, DECODE_BITS) > now || serialized > now ||
        resume > FETCH_TO_DECODE)
        return True;
    UInt stores = 0, loads = 0;
    for (UInt i = 0; i < count; i++) {
        stores += ahead[i]->cls == STORE;
        loads += ahead[i]->cls == LOAD;
        if (ahead[i]->flags & U_SERIALIZE_AFTER) return True;
    }
    if (count && PLACE(rob, passed_on + count - 1 - ROB) > now) return True;
    if (loads && PLACE(lq, lq_at + loads - 1 - LQ) > now) return True;
    return stores && store_entry_later(stores - 1, now) > now;
}

#define ENTER(name, n, from) WAIT(from, PLACE(name, name##_at - (n)) + FREED)
#define LEAVE(name, when) (PLACE(name, name##_at) = (when), name##_at++)
#define LEAVE_MANY(name, count, when) \
    do { \
        PLACE(name, name##_at) = (when); \
        for (UInt i = 1; i < (count); i++) PLACE(name, name##_at + i) = (when); \
        name##_at += (count); \
    } while (0)

/* What an operation keeps the machine waiting for, when it is the oldest; a load may add its level. */
static UChar kept_by(const Uop *u) {
    if (u->flags & (U_SERIALIZE_AFTER | U_TRAP | U_BARRIER | U_OLDEST)) return SERIAL;
    if (u->cls == LOAD) return L1;
    Bool divides = u->cls == FLOAT_DIV || u->cls == FLOAT_SQRT || u->cls == SIMD_FDIV || u->cls == SIMD_FSQRT;
    return divides ? DIVISION : CHAIN;
}

/* How far beyond L1, told by the time that it took. */
static inline UChar level(Cycle took) {
    /* Hits, and some cycles for a line that was on its way. */
    enum { WITHIN_L1 = FIRST_HIT + 1, WITHIN_L2 = SECOND_HIT + 5, WITHIN_L3 = THIRD_HIT + 6 };
    return (took > WITHIN_L1) + (took > WITHIN_L2) + (took > WITHIN_L3);
}
_Static_assert(L2 == L1 + 1 && L3 == L1 + 2 && MEMORY == L1 + 3, "levels follow each other");

void uop_facts(Uop *u) {
    u->ports = ports_of(u->cls);
    u->latency = latency(u->cls);
    u->kept = kept_by(u);
    u->ints = u->floats = 0;
    for (UInt i = 0; i < u->ndst; i++) {
        u->ints += IS_INT(u->dst[i]);
        u->floats += IS_FLOAT(u->dst[i]);
    }
    for (UInt i = u->nsrc; i < SRCS; i++) u->src[i] = R_NONE;
    for (UInt i = u->ndst; i < DSTS; i++) u->dst[i] = R_NOWHERE;
    u->holds = u->ints << INTS_AT | u->floats << FLOATS_AT | (u->cls == LOAD) << LOADS_AT;
    u->rare = (u->flags & ~(U_BRANCH | U_TAKEN)) != 0;
    u->only_computes = u->cls != LOAD && u->cls != STORE && !u->rare && !u->floats && u->kept == CHAIN;
}

/* When an operation can begin that must be the oldest, with no store left to be written: commit tells the
 * issue queue so. */
static Cycle drained(Cycle from) { return tracing ? traced_drained(from) : stores_drained(from); }

static Cycle as_oldest(Cycle from) {
    if (last_commit() + 1 > from) from = last_commit() + 1;
    return drained(from) + 2;
}

/* The same of one that is no barrier: commit tells it in the cycle in which the one before is committed. */
static Cycle alone(Cycle from) { return drained(later(from, last_commit() + 1)); }

static inline Cycle operands(const Uop *u, Cycle from) {
    Cycle last = later(ready[u->src[0]], ready[u->src[1]]);
    if (u->nsrc > 2) {
        last = later(last, later(ready[u->src[2]], ready[u->src[3]]));
        last = later(last, later(ready[u->src[4]], ready[u->src[5]]));
    }
    return later(from, last);
}

/* So many of the next operations find what they need before they are renamed: nobody asks for each of them. */
static UInt sure;
enum { SURE = 16 };
_Static_assert(SURE < LQ && SURE * DSTS < INT_REGS && SURE * DSTS < FLOAT_REGS, "those they wait for have committed");

void squash(UInt dropped) {
    resume = resumes_after(dropped);
    sure = 0;
}

/* Looks ahead, from the cycle in which the next operation can be renamed at the earliest. */
static inline void look_ahead(Cycle from) {
    if (serialized > from || PLACE(int_regs, int_regs_at + SURE * DSTS - INT_REGS) + FREED > from ||
        PLACE(rob, passed_on + SURE - ROB) + FREED > from || PLACE(lq, lq_at + SURE - LQ) + FREED > from ||
        PLACE(float_regs, float_regs_at + SURE * DSTS - FLOAT_REGS) + FREED > from)
        return;
    sure = SURE;
}

/* When an access to memory can begin, ports apart. */
static inline Cycle access(const Uop *u, Addr pc, Cycle dispatched, Cycle issued) {
    /* While it waits for a barrier, nobody asks what it was found to depend on. */
    if (barrier > dispatched) issued = later(issued, barrier);
    else issued = __builtin_expect(tracing, 0) ? traced_issue(pc, issued) : may_issue(pc, issued);
    return u->flags & U_OLDEST ? as_oldest(issued) : issued;
}

static inline Bool wait_for_store_entry(Cycle *at) {
    Cycle entry = __builtin_expect(tracing, 0) ? traced_entry(*at) : store_entry() + FREED;
    if (entry <= *at) return False;
    *at = entry;
    return True;
}

/* Those that only compute have a copy of their own, without the others' questions. */
static inline __attribute__((always_inline)) void pass_as(const Bool only_computes, const Uop *u, Cycle fetched,
                                                          Addr address, Addr pc, UChar takes, Passed *out) {
    const Bool other = !only_computes, loads = other && u->cls == LOAD, stores = other && u->cls == STORE;
    /* Decode waits while rename is blocked. */
    Cycle before = stage_at(rename_stage, BITS), decoded, at;
    Bool no_store_entry = False;
    if (sure) {
        sure--;
        decoded = fetched + FETCH_TO_DECODE + 1;
        WAIT(decoded, before);
        decoded = take(&decode_stage, DECODE_BITS, decoded - 1);
        at = decoded + DECODE_TO_RENAME;
        if (stores) no_store_entry = wait_for_store_entry(&at);
    } else {
        decoded = decode_from(fetched, &resume) + 1;
        WAIT(decoded, before);
        decoded = take(&decode_stage, DECODE_BITS, decoded - 1);
        at = decoded + DECODE_TO_RENAME;
        look_ahead(at);
        WAIT(at, serialized);
        WAIT(at, PLACE(rob, passed_on - ROB) + FREED);
        if (loads) ENTER(lq, LQ, at);
        if (stores) no_store_entry = wait_for_store_entry(&at);
        if (u->ints) ENTER(int_regs, INT_REGS, at);
        if (other && u->floats) ENTER(float_regs, FLOAT_REGS, at);
    }
    PLACE(queue, passed_on) = decoded - FETCH_TO_DECODE;
    at = issue_queue(at);
    Cycle renamed = take(&rename_stage, BITS, at);
    /* Dispatch is as wide as rename, so nothing queues between them. */
    Cycle dispatched = renamed + RENAME_TO_ISSUE, issued = operands(u, dispatched), done;
    out->replayed = False;
    if (loads || stores) issued = access(u, pc, dispatched, issued);
    else if (other && u->flags & U_BARRIER) issued = as_oldest(issued);
    else if (other && u->flags & U_OLDEST) issued = alone(issued);
    issued = port(u->ports, u->cls, issued);
    done = out->executed = issued + u->latency;
    if (loads || stores) {
        if (loads) {
            done = __builtin_expect(tracing, 0) ? traced_load(pc, address, u, done, out)
                                                : load_at(pc, address + u->offset, u->size, done, out);
        }
        leave_queue(at, done);
    } else {
        if (other && u->flags & U_BARRIER) barrier = done;
        leave_queue(at, issued + 1);
    }
    ready[u->dst[0]] = ready[u->dst[1]] = done;
    if (u->ndst > 2) ready[u->dst[2]] = ready[u->dst[3]] = done;
    Cycle committed = take(&commit_stage, BITS, done + EXECUTE_TO_COMMIT);
    UChar why = other ? u->kept : CHAIN;
    if (loads && why == L1) why += level(done - out->executed);
    if (takes != RETIRING || (loads && out->replayed)) {
        takes_slot(out->replayed ? ORDER : takes);
        if (why == CHAIN && takes == DIVISION) why = DIVISION;
    }
    renamed_at(fetched, before, renamed, no_store_entry);
    committed_at(passed_on, committed, u->holds, why);
    if (other && u->rare) {
        if (u->flags & U_TRAP) {
            committed = drained(committed);
            commit_stage = (committed << BITS) + 1;
            out->restart = committed + TRAP + 3;
        }
        if (u->flags & U_SERIALIZE_AFTER) serialized = drained(committed) + 3;
        sure = 0;
    }
    PLACE(rob, passed_on) = committed;
    passed_on++;
    LEAVE_MANY(int_regs, u->ints, committed);
    if (other && u->floats) LEAVE_MANY(float_regs, u->floats, committed);
    if (loads) LEAVE(lq, committed);
    if (stores) {
        if (__builtin_expect(tracing, 0)) traced_store(pc, address, u, out->executed, committed);
        else store_at(pc, address + u->offset, u->size, out->executed, committed);
    }
    out->decoded = decoded;
    out->committed = committed;
}

void pass(const Uop *u, Cycle fetched, Addr load, Addr store, Addr pc, UChar takes, Passed *out) {
    if (u->only_computes) pass_as(True, u, fetched, 0, pc, takes, out);
    else pass_as(False, u, fetched, u->cls == STORE ? store : load, pc, takes, out);
}

/* ---- the state, relative to time (memo.h) ---------------------------------------------------------- */

/* From when on operations that are not passed yet can be dispatched. */
static Cycle first_dispatch(Moments m) { return m.renamed + RENAME_TO_ISSUE; }

enum { FAR = 1 << 10 /* times beyond this are not written down */, MOST_LIVE = 250 };

UInt *back_end_note(UInt *w, Moments m) {
    Cycle known = last_rename() < m.floor ? last_rename() : m.floor, dispatch = first_dispatch(m);
    if (last_commit() > m.floor + FAR || last_rename() + FAR < m.floor || m.end - w < 1024) return NULL;
    /* A stage's places of cycles that are over do not matter, but when it took the last operation may. */
    Stage decode = later(decode_stage, (m.floor + 1) << DECODE_BITS);
    UInt rename = last_rename() < m.floor + FETCH_TO_DECODE + DECODE_TO_RENAME ? 0 : rename_stage & (RENAME_WIDTH - 1);
    Cycle commit = later(last_commit(), dispatch - 1);
    UInt last = commit < dispatch + EXECUTE_TO_COMMIT ? 0 : commit_stage & (COMMIT_WIDTH - 1);
    *w++ = (UInt)(decode - (m.floor << DECODE_BITS));
    *w++ = (UInt)(last_rename() + FAR - m.floor) << BITS | rename;
    *w++ = (UInt)(commit - m.floor) << BITS | last;
    *w++ = resume | (serialized > m.floor ? (UInt)(serialized - m.floor) << 8 : 0);
    *w++ = barrier > dispatch ? (UInt)(barrier - dispatch) : 0;
    UInt *count = w++, n = 0;
    while (n < MOST_LIVE && n < passed_on && commits_after(passed_on - 1 - n, known)) n++;
    if (n == MOST_LIVE) return NULL;
    for (ULong i = passed_on - n; i < passed_on; i++)
        *w++ = (UInt)(events[i % OPERATIONS] - (known << EVENT_BITS));
    *count = n;
    for (n = 0; n < FETCH_QUEUE && n < passed_on && PLACE(queue, passed_on - 1 - n) > m.floor; n++)
        *w++ = (UInt)(PLACE(queue, passed_on - 1 - n) - m.floor);
    *count |= n << 8;
    n = 0;
    for (UInt r = 1; r < R_NOWHERE; r++)
        if (ready[r] > dispatch) {
            if (ready[r] - dispatch >> 24) return NULL;
            *w++ = r << 24 | (UInt)(ready[r] - dispatch);
            n++;
        }
    *count |= n << 16;
    Cycle end = last_commit() + 1;
    w = issue_queue_note(w, m.renamed, end);
    return ports_note(w, dispatch, end);
}

void back_end_left(void) { issue_queue_left(last_commit() + 1); }

/* The operations that have not committed, and what they hold. */
static void recall_operations(const UInt *w, UInt live, Cycle known) {
    UInt ints = 0, floats = 0, loads = 0;
    for (UInt i = 0; i < live; i++) {
        ints += w[i] >> INTS_AT & HELD;
        floats += w[i] >> FLOATS_AT & HELD;
        loads += w[i] >> LOADS_AT & 1;
    }
    UInt of_int = int_regs_at - ints, of_float = float_regs_at - floats, of_load = lq_at - loads;
    for (UInt i = 0; i < live; i++) {
        Cycle commit = known + (w[i] >> EVENT_BITS);
        ULong operation = passed_on - live + i;
        PLACE(rob, operation) = commit;
        events[operation % OPERATIONS] = w[i] + (known << EVENT_BITS);
        for (UInt n = w[i] >> INTS_AT & HELD; n; n--) PLACE(int_regs, of_int++) = commit;
        for (UInt n = w[i] >> FLOATS_AT & HELD; n; n--) PLACE(float_regs, of_float++) = commit;
        if (w[i] >> LOADS_AT & 1) PLACE(lq, of_load++) = commit;
    }
    oldest_operation(passed_on - live);
}

void operations_add(Long more) { passed_elsewhere += more; }

const UInt *back_end_recall(const UInt *w, Moments m) {
    /* m.renamed is not known yet. */
    decode_stage = *w++ + (m.floor << DECODE_BITS);
    Cycle renamed = (*w >> BITS) + m.floor - FAR;
    UInt in_cycle = *w++ & (RENAME_WIDTH - 1);
    rename_stage = in_cycle ? (renamed << BITS) + in_cycle : (renamed + 1) << BITS;
    w++; /* the commit stage is kept as it is */
    m.renamed = later(m.floor + FETCH_TO_DECODE + DECODE_TO_RENAME, renamed);
    Cycle known = renamed < m.floor ? renamed : m.floor, dispatch = first_dispatch(m);
    resume = *w & 255;
    serialized = m.floor + (*w++ >> 8);
    barrier = dispatch + *w++;
    UInt live = *w & 255, queued = *w >> 8 & 255, registers = *w >> 16;
    w++;
    recall_operations(w, live, known);
    w += live;
    for (UInt i = 0; i < queued; i++) PLACE(queue, passed_on - 1 - i) = m.floor + *w++;
    typedef ULong Two __attribute__((vector_size(16)));
    for (UInt r = 0; r < R_COUNT; r += 2) *(Two *)&ready[r] = (Two){0, 0};
    for (UInt i = 0; i < registers; i++, w++) ready[*w >> 24] = dispatch + (*w & 0xffffff);
    w = issue_queue_recall(w, m.renamed);
    sure = 0;
    issue_queue_left(last_commit() + 1);
    return ports_recall(w, dispatch);
}
