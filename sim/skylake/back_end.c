/* From decode to commit: when each micro-operation is renamed, issued, executed and committed.
 *
 * Operations pass in program order and each is given its times at once: the earliest at which its
 * operands, a port and the finite buffers allow. That leaves out one thing: an operation cannot be
 * delayed by a younger one. */
#include "back_end.h"
#include "pub_tool_libcbase.h"

enum {
    FETCH_TO_DECODE = 3, DECODE_TO_RENAME = 1, RENAME_TO_ISSUE = 9, EXECUTE_TO_COMMIT = 7, TRAP = 13,
    DECODE_WIDTH = 4, WIDTH = 8, ROB = 224, IQ = 97, LQ = 72, SQ = 56, INT_REGS = 180 - 38,
    FLOAT_REGS = 168 - 48, FETCH_QUEUE = 50, RING = 4096
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

enum { DECODE_BITS = 2, BITS = 3 };
_Static_assert(1 << DECODE_BITS == DECODE_WIDTH && 1 << BITS == WIDTH, "widths are powers of two");

/* The times at which the last holders of a buffer's entries leave it, in order. What leaves is written at the
 * ring's end; who enters a buffer of n entries asks for what left n before. The rings are longer than the
 * buffers, so a place can be written whether it is kept or not. */
enum { PLACES = 256 };
#define RINGED(name, n) \
    static Cycle name[PLACES]; \
    static UInt name##_at; \
    _Static_assert((n) < PLACES, #name);
#define PLACE(name, at) name[(UChar)(at)]

static Stage decode_stage = 1, rename_stage = WIDTH + 1, commit_stage = 1;
static ULong passed_on; /* operations; each takes an entry of the fetch queue and one of the ROB */
static Cycle rob[PLACES], queue[PLACES];
RINGED(lq, LQ)
RINGED(sq, SQ)
RINGED(int_regs, INT_REGS)
RINGED(float_regs, FLOAT_REGS)
static Cycle ready[R_COUNT];
static Cycle serialized; /* nothing is renamed before */
static Cycle barrier;    /* no memory access begins before */
/* The issue queue: how many of its entries become free in a cycle, looked at only when none is left. */
static UChar iq_left[2 * RING];
static Int iq_free = IQ;     /* those known to be free, up to cycle `iq_counted` (not included) */
static Cycle iq_counted, iq_seen;

void back_end_init(void) {
    ports_init();
    memory_order_init();
}

Cycle last_commit(void) { return stage_at(commit_stage, BITS); }
ULong operations_passed(void) { return passed_on; }
Cycle register_ready(UInt reg) { return ready[reg]; }
Cycle fetch_room(void) { return PLACE(queue, passed_on - FETCH_QUEUE); }

#define ENTER(name, n, from) (from) = later(from, PLACE(name, name##_at - (n)) + 2)
#define LEAVE(name, when) (PLACE(name, name##_at) = (when), name##_at++)

static inline Cycle later(Cycle a, Cycle b) { return a > b ? a : b; }

static void count_free(Cycle to) {
    if (to > iq_counted + 2 * RING) iq_counted = to - 2 * RING;
    for (; iq_counted < to; iq_counted++) {
        iq_free += iq_left[iq_counted & (2 * RING - 1)];
        iq_left[iq_counted & (2 * RING - 1)] = 0;
    }
}

/* Waits for an entry of the issue queue. */
static inline Cycle issue_queue(Cycle from) {
    if (__builtin_expect(iq_free == 0 || from > iq_counted + RING - 1, 0)) {
        count_free(from < iq_seen ? iq_seen : from + 1);
        if (iq_free == 0) {
            if (from < iq_seen) from = iq_seen - 1;
            while (iq_free == 0) count_free(++from + 1);
        }
    }
    if (from >= iq_seen) iq_seen = from + 1;
    iq_free--;
    return from;
}

static inline void leave_queue(Cycle when) {
    if (when - iq_seen >= RING) when = iq_seen + RING - 1;
    iq_left[when & (2 * RING - 1)]++;
}

/* What an operation that holds no load keeps the machine waiting for, when it is the oldest; L1 of a load. */
static UChar kept_by(const Uop *u) {
    if (u->flags & (U_SERIALIZE_AFTER | U_TRAP | U_BARRIER | U_OLDEST)) return SERIAL;
    if (u->cls == LOAD) return L1;
    Bool divides = u->cls == FLOAT_DIV || u->cls == FLOAT_SQRT || u->cls == SIMD_FDIV || u->cls == SIMD_FSQRT;
    return divides ? DIVISION : CHAIN;
}

/* A load's level is told by the time that it took. */
static inline UChar level(Cycle took) {
    enum { WITHIN_L1 = 5, WITHIN_L2 = 26, WITHIN_L3 = 75 }; /* hits, and what crossbars add */
    return L1 + (took > WITHIN_L1) + (took > WITHIN_L2) + (took > WITHIN_L3);
}
_Static_assert(L2 == L1 + 1 && L3 == L1 + 2 && MEMORY == L1 + 3, "levels follow each other");

/* Kinds of operations that a part of all there is to ask is enough for. */
enum Shape { ANY, ON_INTEGERS, ON_FLOATS, LOADS, STORES };

static UChar shape_of(const Uop *u) {
    if (u->flags & ~(U_BRANCH | U_TAKEN) || u->ints > 1 || u->floats > 1) return ANY;
    if (u->cls == LOAD) return LOADS;
    if (u->cls == STORE) return u->ndst ? ANY : STORES;
    return !u->floats ? ON_INTEGERS : !u->ints ? ON_FLOATS : ANY;
}

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
    u->shape = shape_of(u);
}

/* When an operation can begin that must be the oldest, with no store left to be written: commit tells the
 * issue queue so. */
static Cycle as_oldest(Cycle from) {
    if (last_commit() + 1 > from) from = last_commit() + 1;
    return stores_drained(from) + 2;
}

static inline Cycle operands(const Uop *u, Cycle from) {
    from = later(from, ready[u->src[0]]);
    from = later(from, ready[u->src[1]]);
    if (u->nsrc <= 2) return from;
    from = later(from, later(ready[u->src[2]], ready[u->src[3]]));
    return later(from, later(ready[u->src[4]], ready[u->src[5]]));
}

static inline __attribute__((always_inline)) void
pass_as(enum Shape shape, const Uop *u, Cycle fetched, Addr address, Addr pc, UChar takes, Passed *out) {
    Bool loads = shape == LOADS || (shape == ANY && u->cls == LOAD);
    Bool stores = shape == STORES || (shape == ANY && u->cls == STORE);
    /* Decode waits while rename is blocked. */
    Cycle before = stage_at(rename_stage, BITS);
    Cycle decoded = take(&decode_stage, DECODE_BITS, later(fetched + FETCH_TO_DECODE, before - 1));
    PLACE(queue, passed_on) = decoded - FETCH_TO_DECODE;
    Cycle at = later(decoded + DECODE_TO_RENAME, serialized);
    at = later(at, PLACE(rob, passed_on - ROB) + 2);
    if (loads) ENTER(lq, LQ, at);
    Bool no_store_entry = False;
    if (stores) {
        no_store_entry = PLACE(sq, sq_at - SQ) + 2 > at;
        ENTER(sq, SQ, at);
    }
    if (shape != STORES && shape != ON_FLOATS && u->ints) ENTER(int_regs, INT_REGS, at);
    if (shape != STORES && shape != ON_INTEGERS && u->floats) ENTER(float_regs, FLOAT_REGS, at);
    Cycle renamed = take(&rename_stage, BITS, issue_queue(at));
    /* Dispatch is as wide as rename, so nothing queues between them. */
    Cycle dispatched = renamed + RENAME_TO_ISSUE, issued = operands(u, dispatched), executed, done;
    out->replayed = False;
    if (loads || stores) {
        /* While it waits for a barrier, nobody asks what it was found to depend on. */
        if (barrier > dispatched) issued = later(issued, barrier);
        else issued = may_issue(pc, issued);
        if (shape == ANY && u->flags & U_OLDEST) issued = as_oldest(issued);
        issued = port(u->ports, issued);
        done = executed = issued + 1;
        if (loads) done = load_at(pc, address + u->offset, u->size, executed, out);
        leave_queue(done);
    } else {
        if (shape == ANY && u->flags & U_BARRIER) issued = as_oldest(issued);
        issued = port(u->ports, issued);
        done = executed = issued + u->latency;
        if (shape == ANY && u->flags & U_BARRIER) barrier = done;
        leave_queue(issued + 1);
    }
    if (shape != STORES) {
        ready[u->dst[0]] = ready[u->dst[1]] = done;
        if (u->ndst > 2) ready[u->dst[2]] = ready[u->dst[3]] = done;
    }
    Cycle frontier = last_commit(), committed = take(&commit_stage, BITS, done + EXECUTE_TO_COMMIT);
    PLACE(rob, passed_on) = committed;
    passed_on++;
    if (takes != RETIRING || (loads && out->replayed)) takes_slot(out->replayed ? ORDER : takes);
    if (renamed > before) renamed_at(fetched, renamed, passed_on, no_store_entry);
    if (committed > frontier) {
        UChar why = shape == LOADS ? level(done - executed) : shape == STORES ? CHAIN : u->kept;
        if (shape == ANY && why == L1) why = level(done - executed);
        if (takes == DIVISION && why == CHAIN) why = DIVISION;
        committed_at(committed, why);
    }
    if (shape == ANY) {
        if (u->flags & U_TRAP) {
            committed = stores_drained(committed);
            PLACE(rob, passed_on - 1) = committed;
            commit_stage = (committed << BITS) + 1;
            out->restart = committed + TRAP + 3;
            serialized = committed;
        }
        if (u->flags & U_SERIALIZE_AFTER) serialized = committed + 3;
        for (UInt i = 0; i < u->ints; i++) LEAVE(int_regs, committed);
        for (UInt i = 0; i < u->floats; i++) LEAVE(float_regs, committed);
    } else {
        if (shape != STORES && shape != ON_FLOATS) {
            PLACE(int_regs, int_regs_at) = committed;
            int_regs_at += u->ints;
        }
        if (shape != STORES && shape != ON_INTEGERS) {
            PLACE(float_regs, float_regs_at) = committed;
            float_regs_at += u->floats;
        }
    }
    if (loads) LEAVE(lq, committed);
    if (stores) LEAVE(sq, store_at(pc, address + u->offset, u->size, executed, committed));
    out->executed = executed;
    out->decoded = decoded;
    out->committed = committed;
}

void pass(const Uop *u, Cycle fetched, Addr address, Addr pc, UChar takes, Passed *out) {
    switch (u->shape) {
    case ON_INTEGERS: pass_as(ON_INTEGERS, u, fetched, address, pc, takes, out); break;
    case ON_FLOATS: pass_as(ON_FLOATS, u, fetched, address, pc, takes, out); break;
    case LOADS: pass_as(LOADS, u, fetched, address, pc, takes, out); break;
    case STORES: pass_as(STORES, u, fetched, address, pc, takes, out); break;
    default: pass_as(ANY, u, fetched, address, pc, takes, out);
    }
}
