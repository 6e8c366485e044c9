/* From decode to commit: when each micro-operation is renamed, issued, executed and committed.
 *
 * Operations pass in program order and each is given its times at once: the earliest at which its
 * operands, a port and the finite buffers allow. That leaves out one thing: an operation cannot be
 * delayed by a younger one. */
#include "back_end.h"
#include "pub_tool_libcbase.h"

enum {
    FETCH_TO_DECODE = CORE_FETCH_TO_DECODE_DELAY, DECODE_TO_RENAME = CORE_DECODE_TO_RENAME_DELAY,
    RENAME_TO_ISSUE = CORE_RENAME_TO_IEW_DELAY, EXECUTE_TO_COMMIT = CORE_IEW_TO_COMMIT_DELAY + 1,
    TRAP = CORE_TRAP_LATENCY, DECODE_WIDTH = CORE_DECODE_WIDTH, RENAME_WIDTH = CORE_RENAME_WIDTH,
    DISPATCH_WIDTH = CORE_DISPATCH_WIDTH, COMMIT_WIDTH = CORE_COMMIT_WIDTH, ROB = CORE_NUM_ROB_ENTRIES,
    IQ = CORE_NUM_IQ_ENTRIES, LQ = CORE_LQ_ENTRIES, FETCH_QUEUE = CORE_FETCH_QUEUE_SIZE,
    /* x86's registers and the micro-code's are always mapped: gem5 has 38 of integers, 48 of floats. */
    INT_REGS = CORE_NUM_PHYS_INT_REGS - 38, FLOAT_REGS = CORE_NUM_PHYS_FLOAT_REGS - 48,
    FREED = CORE_COMMIT_TO_RENAME_DELAY + 1, /* from commit until rename sees the entry free */
    RENAME_LAG = RENAME_TO_ISSUE, RING = 4096
};

/* A stage that takes `width` operations a cycle, in order. */
typedef struct {
    Cycle at;
    UInt count;
} Stage;

static Cycle take(Stage *s, UInt width, Cycle from) {
    if (from > s->at) {
        s->at = from;
        s->count = 0;
    } else if (s->count == width) {
        s->at++;
        s->count = 0;
    }
    s->count++;
    return s->at;
}

/* The times at which the last N holders of a buffer's entries leave it, in order. */
#define RINGED(name, n) \
    static Cycle name[n]; \
    static UInt name##_at;

static Stage decode_stage, rename_stage, dispatch_stage, commit_stage;
RINGED(rob, ROB)
RINGED(lq, LQ)
RINGED(int_regs, INT_REGS)
RINGED(float_regs, FLOAT_REGS)
RINGED(queue, FETCH_QUEUE)
static Cycle ready[R_COUNT];
static Cycle serialized; /* nothing is renamed before */
static Cycle barrier;    /* no memory access begins before */
static UChar iq_left[RING]; /* how many entries of the issue queue become free in a cycle */
static Int iq_free = IQ;
static Cycle iq_seen;

void back_end_init(void) {
    ports_init();
    memory_order_init();
}

Cycle last_commit(void) { return commit_stage.at; }

Cycle fetch_room(UInt ahead) {
    UInt i = queue_at + ahead;
    return queue[i < FETCH_QUEUE ? i : i - FETCH_QUEUE];
}
static UInt resume; /* cycles from fetch to decode, for the next operation */

Bool rename_late(Cycle now, const Uop *const *ahead, UInt count) {
    if (rename_stage.at + RENAME_LAG > now || decode_stage.at > now || serialized > now ||
        resume > FETCH_TO_DECODE)
        return True;
    UInt stores = 0, loads = 0;
    for (UInt i = 0; i < count; i++) {
        stores += ahead[i]->cls == STORE;
        loads += ahead[i]->cls == LOAD;
        if (ahead[i]->flags & U_SERIALIZE_AFTER) return True;
    }
    if (count && rob[(rob_at + count - 1) % ROB] > now) return True;
    if (loads && lq[(lq_at + loads - 1) % LQ] > now) return True;
    return stores && store_entry_later(stores - 1, now) > now;
}

#define ENTER(name, n, from, delay) \
    do { \
        if (name[name##_at] + (delay) > (from)) (from) = name[name##_at] + (delay); \
    } while (0)
#define LEAVE(name, n, when) \
    do { \
        name[name##_at] = (when); \
        if (++name##_at == (n)) name##_at = 0; \
    } while (0)

/* Waits for an entry of the issue queue. */
static Cycle issue_queue(Cycle from) {
    for (;;) {
        if (from > iq_seen + RING) iq_seen = from - RING;
        while (iq_seen <= from) {
            iq_free += iq_left[iq_seen & (RING - 1)];
            iq_left[iq_seen & (RING - 1)] = 0;
            iq_seen++;
        }
        if (iq_free > IQ) iq_free = IQ;
        if (iq_free > 0) break;
        from++;
    }
    iq_free--;
    return from;
}

static void leave_queue(Cycle when) {
    if (when < iq_seen) when = iq_seen;
    if (when - iq_seen >= RING) when = iq_seen + RING - 1;
    iq_left[when & (RING - 1)]++;
}

static Bool no_store_entry; /* what the last operation was renamed late for */

static Cycle rename(const Uop *u, Cycle decoded) {
    Cycle at = decoded + DECODE_TO_RENAME;
    if (serialized > at) at = serialized;
    ENTER(rob, ROB, at, FREED);
    if (u->cls == LOAD) ENTER(lq, LQ, at, FREED);
    Cycle entry = u->cls == STORE ? store_entry() + FREED : 0;
    no_store_entry = entry > at;
    if (no_store_entry) at = entry;
    for (UInt i = 0; i < u->ndst; i++) {
        if (IS_INT(u->dst[i])) ENTER(int_regs, INT_REGS, at, FREED);
        else if (IS_FLOAT(u->dst[i])) ENTER(float_regs, FLOAT_REGS, at, FREED);
    }
    at = issue_queue(at);
    return take(&rename_stage, RENAME_WIDTH, at);
}

/* What an operation keeps the machine waiting for, when it is the oldest. */
static UChar kept_by(const Uop *u, Cycle executed, Cycle done, UChar takes) {
    /* Hits, and some cycles for a line that was on its way. */
    enum { WITHIN_L1 = FIRST_HIT + 1, WITHIN_L2 = SECOND_HIT + 5, WITHIN_L3 = THIRD_HIT + 6 };
    if (u->flags & (U_SERIALIZE_AFTER | U_TRAP | U_BARRIER | U_OLDEST)) return SERIAL;
    if (u->cls == LOAD) {
        Cycle took = done - executed;
        return took <= WITHIN_L1 ? L1 : took <= WITHIN_L2 ? L2 : took <= WITHIN_L3 ? L3 : MEMORY;
    }
    Bool divides = u->cls == FLOAT_DIV || u->cls == FLOAT_SQRT || u->cls == SIMD_FDIV || u->cls == SIMD_FSQRT;
    return divides || takes == DIVISION ? DIVISION : CHAIN;
}

/* When an operation can begin that must be the oldest, with no store left to be written: commit tells the
 * issue queue so. */
static Cycle as_oldest(Cycle from) {
    if (commit_stage.at + 1 > from) from = commit_stage.at + 1;
    return stores_drained(from) + 2;
}

/* After a squash the reorder buffer drops so many operations a cycle; the first that is fetched then is decoded that
 * much later. */
static UInt resumes_after(UInt dropped) {
    enum { SQUASH_WIDTH = CORE_SQUASH_WIDTH };
    return (dropped + SQUASH_WIDTH - 1) / SQUASH_WIDTH + 1;
}

static Cycle decode_from(Cycle fetched, UInt *wait) {
    Cycle from = fetched + (*wait > FETCH_TO_DECODE ? *wait : FETCH_TO_DECODE);
    *wait = 0;
    return from;
}

void pass(const Uop *u, Cycle fetched, Addr address, Addr pc, UChar takes, Passed *out) {
    Cycle decoded = take(&decode_stage, DECODE_WIDTH, decode_from(fetched, &resume));
    if (decode_stage.at + 1 < rename_stage.at) { /* decode waits while rename is blocked */
        decode_stage.at = rename_stage.at - 1;
        decode_stage.count = 1;
        decoded = decode_stage.at;
    }
    LEAVE(queue, FETCH_QUEUE, decoded - FETCH_TO_DECODE);
    Cycle renamed = rename(u, decoded);
    Cycle dispatched = take(&dispatch_stage, DISPATCH_WIDTH, renamed + RENAME_TO_ISSUE), issued = dispatched;
    for (UInt i = 0; i < u->nsrc; i++)
        if (ready[u->src[i]] > issued) issued = ready[u->src[i]];
    Cycle done;
    out->replayed = False;
    if (u->cls == LOAD || u->cls == STORE) {
        /* While it waits for a barrier, nobody asks what it was found to depend on. */
        if (barrier > dispatched) issued = barrier > issued ? barrier : issued;
        else issued = may_issue(pc, issued);
        if (u->flags & U_OLDEST) issued = as_oldest(issued);
        issued = port(u->cls, issued);
        Cycle executed = issued + 1;
        if (u->cls == LOAD)
            done = load_at(pc, address + u->offset, u->size, executed, out);
        else
            done = executed;
        out->executed = executed;
    } else {
        if (u->flags & U_BARRIER) issued = as_oldest(issued);
        issued = port(u->cls, issued);
        done = issued + latency(u->cls);
        out->executed = done;
        if (u->flags & U_BARRIER) barrier = done;
    }
    for (UInt i = 0; i < u->ndst; i++) ready[u->dst[i]] = done;
    leave_queue(u->cls == LOAD || u->cls == STORE ? done : issued + 1);
    Cycle frontier = commit_stage.at, committed = take(&commit_stage, COMMIT_WIDTH, done + EXECUTE_TO_COMMIT);
    renamed_at(fetched, renamed, out->replayed ? ORDER : takes, no_store_entry);
    if (committed > frontier) committed_at(committed, kept_by(u, out->executed, done, takes));
    if (u->flags & U_TRAP) {
        Cycle drained = stores_drained(committed);
        commit_stage.at = drained;
        commit_stage.count = 1;
        committed = drained;
        out->restart = drained + TRAP + 3;
    }
    if (u->flags & U_SERIALIZE_AFTER) serialized = stores_drained(committed) + 3;
    LEAVE(rob, ROB, committed);
    for (UInt i = 0; i < u->ndst; i++) {
        if (IS_INT(u->dst[i])) LEAVE(int_regs, INT_REGS, committed);
        else if (IS_FLOAT(u->dst[i])) LEAVE(float_regs, FLOAT_REGS, committed);
    }
    if (u->cls == LOAD) LEAVE(lq, LQ, committed);
    if (u->cls == STORE) store_at(pc, address + u->offset, u->size, out->executed, committed);
    out->decoded = decoded;
    out->committed = committed;
    statistics.uops += !out->replayed;
}

/* ---- the wrong path ------------------------------------------------------------------------------------ */

/* What operations on a wrong path have taken beyond the state of the right one, which they do not change. None
 * of them commits, so nothing that they take becomes free. */
static struct Ghost {
    Stage decode, rename, dispatch;
    UInt all, loads, stores, ints, floats, resume;
    Cycle ready[R_COUNT];
} ghost, ghosts_kept[GHOST_STATES];
static const Cycle never = ~0ULL >> 2;
enum { MOST_GHOSTS = 512 };
static Cycle ghost_renamed[MOST_GHOSTS]; /* when each was renamed */
static Cycle kept_queue[FETCH_QUEUE];
static UInt kept_queue_at;

/* How many, beyond the first `from`, have been renamed by a cycle. */
static UInt ghosts_renamed(UInt from, Cycle by) {
    UInt n = ghost.all < MOST_GHOSTS ? ghost.all : MOST_GHOSTS, i = from;
    while (i < n && ghost_renamed[i] <= by) i++;
    return i - from;
}

void squash(UInt dropped) { resume = resumes_after(dropped); }

Bool ghosts_late(Cycle now) { return ghost.decode.at > now || ghost.resume > FETCH_TO_DECODE; }

UInt ghosts_left(Cycle again) { return ghosts_renamed(0, again - 3); }

void ghosts_save(UInt place) { ghosts_kept[place] = ghost; }
void ghosts_load(UInt place, UInt more, Cycle again) {
    UInt dropped = ghosts_renamed(ghosts_kept[place].all, again - 3) + more;
    ghost = ghosts_kept[place];
    ghost.resume = resumes_after(dropped);
}

void ghosts_begin(void) {
    ghost.decode = decode_stage;
    ghost.rename = rename_stage;
    ghost.dispatch = dispatch_stage;
    ghost.all = ghost.loads = ghost.stores = ghost.ints = ghost.floats = ghost.resume = 0;
    VG_(memcpy)(ghost.ready, ready, sizeof ready);
    VG_(memcpy)(kept_queue, queue, sizeof queue);
    kept_queue_at = queue_at;
}

void ghosts_end(void) {
    VG_(memcpy)(queue, kept_queue, sizeof queue);
    queue_at = kept_queue_at;
}

#define GHOST_ENTER(name, n, taken, from) \
    do { \
        Cycle free_ = (taken) < (n) ? name[(name##_at + (taken)) % (n)] + FREED : never; \
        (taken)++; \
        if (free_ > (from)) (from) = free_; \
    } while (0)

Cycle ghost_pass(const Uop *u, Cycle fetched, Cycle *decoded_at) {
    Cycle decoded = take(&ghost.decode, DECODE_WIDTH, decode_from(fetched, &ghost.resume));
    if (ghost.decode.at + 1 < ghost.rename.at) {
        ghost.decode.at = ghost.rename.at - 1;
        ghost.decode.count = 1;
        decoded = ghost.decode.at;
    }
    LEAVE(queue, FETCH_QUEUE, decoded - FETCH_TO_DECODE);
    *decoded_at = decoded;
    Cycle at = decoded + DECODE_TO_RENAME;
    if (serialized > at) at = serialized;
    GHOST_ENTER(rob, ROB, ghost.all, at);
    if (u->cls == LOAD) GHOST_ENTER(lq, LQ, ghost.loads, at);
    if (u->cls == STORE) {
        Cycle entry = store_entry_later(ghost.stores++, at);
        if (entry + FREED > at) at = entry + FREED;
    }
    for (UInt i = 0; i < u->ndst; i++) {
        if (IS_INT(u->dst[i])) GHOST_ENTER(int_regs, INT_REGS, ghost.ints, at);
        else if (IS_FLOAT(u->dst[i])) GHOST_ENTER(float_regs, FLOAT_REGS, ghost.floats, at);
    }
    Cycle renamed = take(&ghost.rename, RENAME_WIDTH, at > never ? never : at);
    if (ghost.all <= MOST_GHOSTS) ghost_renamed[ghost.all - 1] = renamed;
    Cycle issued = take(&ghost.dispatch, DISPATCH_WIDTH, renamed + RENAME_TO_ISSUE);
    for (UInt i = 0; i < u->nsrc; i++)
        if (ghost.ready[u->src[i]] > issued) issued = ghost.ready[u->src[i]];
    if (u->flags & U_SERIALIZE_AFTER) ghost.rename.at = never;
    if (u->flags & (U_BARRIER | U_OLDEST)) issued = never; /* it must be the oldest, and never is */
    if (issued > never) issued = never;
    Bool memory = u->cls == LOAD || u->cls == STORE;
    ghost_done(u, issued + (memory ? 1 : latency(u->cls)));
    return issued + 1;
}

void ghost_done(const Uop *u, Cycle done) {
    for (UInt i = 0; i < u->ndst; i++) ghost.ready[u->dst[i]] = done;
}
