/* The store queue: forwarding to loads, order violations, and one store at a time to the cache.
 *
 * x86 lets stores reach the cache in order only, and the target has one under way at a time: a store that
 * misses holds up all that follow it. */
#include "back_end.h"

/* Order is checked by blocks of 16 bytes, so that neighbours can be taken for dependent. */
enum { STORES = 64, SQ = CORE_SQ_ENTRIES, SETS = CORE_SSIT_SIZE, CHECK_BITS = CORE_LSQ_DEP_CHECK_SHIFT };

typedef struct {
    Addr first, end, pc;
    Cycle executed, committed, written;
} Store;

static Store stores[STORES]; /* a ring of the youngest */
static UInt newest, sent;    /* those in (sent, newest] wait for their turn */
static Cycle last_written;
static const Cycle not_yet = ~0ULL;
/* Before this cycle no store's turn comes, as was found when one was asked for last. */
static Cycle next_turn;

/* Sends the oldest store that waits to the cache, if its turn is not after `until`. */
static Bool send_store(Cycle until) {
    Store *s = &stores[(sent + 1) % STORES];
    Cycle at = s->committed + 2 > last_written ? s->committed + 2 : last_written;
    if (sent == newest || at > until) {
        next_turn = sent == newest ? not_yet : at;
        return False;
    }
    Cycle written = cache_access(DATA, s->first, True, at);
    if (s->first && (s->first ^ (s->end - 1)) >> 6) {
        Cycle other = cache_access(DATA, s->end - 1, True, at);
        if (other > written) written = other;
    }
    s->written = last_written = written;
    sent++;
    return True;
}

void send_stores(Cycle until) {
    while (until >= next_turn && send_store(until)) {}
}

/* How many of the ring's stores touch the blocks of each hash: most loads meet none of them. */
enum { HASHES = 1024 };
static UChar touched[HASHES];
static UInt everywhere = STORES; /* those whose address and size are not known */

static UInt hash_of(Addr block) { return (block ^ block >> 10) % HASHES; }

static void count_blocks(Addr first, Addr end, Int by) {
    Addr one = first >> CHECK_BITS, other = (end - 1) >> CHECK_BITS;
    if (!end) {
        everywhere += by;
        return;
    }
    touched[hash_of(one)] += by;
    if (other == one) return;
    if (other < one) { /* of no size */
        touched[hash_of(other)] += by;
        return;
    }
    for (Addr block = one + 1; block <= other; block++) touched[hash_of(block)] += by;
}

static void keep(Store store) {
    Store *s = &stores[++newest % STORES];
    count_blocks(s->first, s->end, -1);
    *s = store;
    count_blocks(s->first, s->end, 1);
    if (next_turn == not_yet) next_turn = 0; /* none was waiting */
}

/* Whether a store of the ring can have a block in common with these bytes. */
static Bool may_meet(Addr first, Addr end) {
    Addr one = first >> CHECK_BITS, other = (end - 1) >> CHECK_BITS;
    if (everywhere || other < one || other > one + 1) return True;
    return touched[hash_of(one)] || touched[hash_of(other)];
}

/* Store sets: instructions that were found to depend on each other through memory, by their addresses; a
 * load waits for the last store of its set, and so does a store. All are forgotten after a while. */
enum { FORGET_AFTER = CORE_STORE_SET_CLEAR_PERIOD, NO_SET = 0xffff };
static UShort set_at[SETS];
static Cycle last_of_set[SETS];
static UInt operations;

static void forget_sets(void) {
    for (UInt i = 0; i < SETS; i++) set_at[i] = NO_SET;
}

void memory_order_init(void) { forget_sets(); }

static UInt place_of(Addr pc) { return (pc >> 2) & (SETS - 1); }

static void depend(Addr store_pc, Addr load_pc) {
    UShort *store = &set_at[place_of(store_pc)], *load = &set_at[place_of(load_pc)];
    if (*store == NO_SET && *load == NO_SET) *store = *load = (load_pc ^ load_pc >> 10) & (SETS - 1);
    else if (*store == NO_SET) *store = *load;
    else if (*load == NO_SET) *load = *store;
    else if (*load > *store) *load = *store;
    else *store = *load;
}

Cycle may_issue(Addr pc, Cycle from) {
    if (++operations > FORGET_AFTER) {
        operations = 0;
        forget_sets();
    }
    UShort set = set_at[place_of(pc)];
    return set != NO_SET && last_of_set[set] > from ? last_of_set[set] : from;
}

/* A store on a wrong path was the last of its set: with it the set's last store is forgotten. */
void store_squashed(Addr pc) {
    UShort set = set_at[place_of(pc)];
    if (set != NO_SET) last_of_set[set] = 0;
}

Bool store_covers(Addr address, UInt size, Cycle executed) {
    send_stores(executed);
    if (!may_meet(address, address + size)) return False;
    for (UInt i = 0; i < STORES; i++) {
        const Store *s = &stores[(newest - i) % STORES];
        if (s->written < executed) return False;
        if (s->executed <= executed && s->end > address && s->first < address + size) return True;
    }
    return False;
}

Cycle load_at(Addr pc, Addr address, UInt size, Cycle executed, Passed *out) {
    statistics.loads++;
    send_stores(executed);
    Addr end = address + size;
    for (UInt i = may_meet(address, end) ? 0 : STORES; i < STORES && address; i++) {
        const Store *s = &stores[(newest - i) % STORES];
        if (s->written < executed && s->executed < executed) break; /* older ones are written too */
        if ((s->end - 1) >> CHECK_BITS < address >> CHECK_BITS ||
            s->first >> CHECK_BITS > (end - 1) >> CHECK_BITS)
            continue;
        if (s->executed > executed) { /* found out when the store executes */
            depend(s->pc, pc);
            out->replayed = True;
            out->restart = s->executed + COMMIT_RESTART;
            return s->executed + 1;
        }
        if (s->end <= address || s->first >= end) continue;
        if (s->first <= address && s->end >= end) return executed + 1;
        /* It holds only a part: the load waits until the store is written. */
        while (s->written == not_yet) send_store(not_yet);
        executed = s->written + 1;
        break;
    }
    Cycle done = cache_access(DATA, address, False, executed);
    if (address && (address ^ (end - 1)) >> 6) {
        Cycle other = cache_access(DATA, end - 1, False, executed);
        if (other > done) done = other;
    }
    return done;
}

void store_at(Addr pc, Addr address, UInt size, Cycle executed, Cycle committed) {
    statistics.stores++;
    UShort set = set_at[place_of(pc)];
    if (set != NO_SET) last_of_set[set] = executed;
    keep((Store){address, address + size, pc, executed, committed, not_yet});
}

Cycle store_entry(void) {
    const Store *s = &stores[(newest + 1 - SQ) % STORES];
    while (s->written == not_yet) send_store(not_yet);
    return s->written;
}

Cycle store_entry_later(UInt beyond, Cycle now) {
    if (beyond >= SQ) return not_yet >> 2;
    send_stores(now);
    const Store *s = &stores[(newest + 1 + beyond - SQ) % STORES];
    return s->written == not_yet ? not_yet >> 2 : s->written;
}

Cycle stores_drained(Cycle from) {
    while (send_store(not_yet - 1)) {}
    return last_written > from ? last_written : from;
}
