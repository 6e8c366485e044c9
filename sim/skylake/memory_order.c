/* The store queue: forwarding to loads, order violations, and one store at a time to the cache.
 *
 * x86 lets stores reach the cache in order only, and the target has one under way at a time: a store that
 * misses holds up all that follow it. */
#include "back_end.h"

enum { STORES = 64, SETS = 1024 };

typedef struct {
    Addr first, end, pc;
    Cycle executed, written;
} Store;

static Store stores[STORES]; /* a ring of the youngest */
static UInt newest;
static Cycle last_written, last_sent;

/* Loads that overtook a store, by their address, with that store's. */
static struct {
    Addr load, store;
} dependent[SETS];

static UInt set_of(Addr pc) { return (pc ^ pc >> 10) & (SETS - 1); }

Cycle load_may_issue(Addr pc, Cycle from) {
    UInt set = set_of(pc);
    if (dependent[set].load != pc) return from;
    for (UInt i = 0; i < STORES; i++) {
        const Store *s = &stores[(newest - i) % STORES];
        if (s->pc != dependent[set].store) continue;
        return s->executed > from ? s->executed : from;
    }
    return from;
}

Cycle load_at(Addr pc, Addr address, UInt size, Cycle executed, Passed *out) {
    statistics.loads++;
    Addr end = address + size;
    for (UInt i = 0; i < STORES && address; i++) {
        const Store *s = &stores[(newest - i) % STORES];
        if (s->written < executed && s->executed < executed) break; /* older ones are written too */
        if (s->end <= address || s->first >= end) continue;
        if (s->executed > executed) {
            UInt set = set_of(pc);
            dependent[set].load = pc;
            dependent[set].store = s->pc;
            out->replayed = True;
            out->restart = s->executed + 8;
            return s->executed + 1;
        }
        if (s->first <= address && s->end >= end) return executed + 1;
        /* It holds only a part: the load waits until the store is written. */
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

Cycle store_at(Addr pc, Addr address, UInt size, Cycle executed, Cycle committed) {
    statistics.stores++;
    Cycle sent = committed + 1;
    if (last_written > sent) sent = last_written;
    Cycle written = cache_access(DATA, address, True, sent);
    if (address && (address ^ (address + size - 1)) >> 6) {
        Cycle other = cache_access(DATA, address + size - 1, True, sent);
        if (other > written) written = other;
    }
    last_written = written;
    stores[++newest % STORES] = (Store){address, address + size, pc, executed, written};
    return written;
}

Cycle stores_drained(Cycle from) { return last_written > from ? last_written : from; }
