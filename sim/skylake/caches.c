/* Two first-level caches, a second and a third level, tree-PLRU, and the crossbars between them.
 *
 * A line is put in when it is asked for and carries the cycle in which its data comes; whoever wants it
 * before that has missed too and waits. Prefetchers: the target's never prefetch (they are told of no
 * retired instruction). The third level takes only dirty lines that the second drops. */
#include "model.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"

enum { WAYS = CACHE_ASSOC, WAY_BITS = __builtin_ctz(WAYS), LINE_BITS = __builtin_ctz(CACHE_CACHE_LINE_SIZE) };

/* A set's tags lie together, apart from the rest: they are compared all at once. */
typedef struct {
    UInt sets;
    UInt *lines; /* plus one; 0 is free. Pages are given out in order, so 32 bits are enough. */
    Cycle *ready;
    UShort *dirty, *trees;
    UChar *latest; /* the way used last */
} Cache;

/* A line's place in a cache, and what was there before it. */
typedef struct {
    UInt set, way;
} Place;
typedef struct {
    ULong line; /* plus one; 0 is none */
    Bool dirty;
} Victim;

static Cache first[2], second, third;
/* What using a way does to the tree: these bits are kept, these are set. Node n has the children 2n and
 * 2n + 1; bit 1 means: go right. */
static UShort kept[WAYS], away[WAYS];

/* Fresh pages, which nobody has touched: what is not used of a large cache costs a fork nothing. */
static void *pages(SizeT bytes) {
    void *room = VG_(am_shadow_alloc)(bytes);
    tl_assert(room);
    return room;
}

static void make(Cache *c, UInt bytes) {
    c->sets = bytes / WAYS >> LINE_BITS;
    c->lines = pages(c->sets * WAYS * sizeof *c->lines);
    c->ready = pages(c->sets * WAYS * sizeof *c->ready);
    c->dirty = pages(c->sets * sizeof *c->dirty);
    c->trees = pages(c->sets * sizeof *c->trees);
    c->latest = pages(c->sets * sizeof *c->latest);
}

void caches_init(void) {
    make(&first[INSTRUCTION], L1I_SIZE);
    make(&first[DATA], L1D_SIZE);
    make(&second, L2_SIZE);
    make(&third, L3_SIZE);
    for (UInt way = 0; way < WAYS; way++) {
        UInt node = 1;
        kept[way] = 0xffff;
        for (Int bit = WAY_BITS - 1; bit >= 0; bit--) {
            UInt right = (way >> bit) & 1;
            kept[way] &= ~(1u << node);
            if (!right) away[way] |= 1u << node;
            node = 2 * node + right;
        }
    }
}

/* Points the tree away from a way. */
static inline void touch(Cache *c, Place at) {
    c->trees[at.set] = (c->trees[at.set] & kept[at.way]) | away[at.way];
    c->latest[at.set] = at.way;
}

static void point_at(Cache *c, Place at) {
    c->trees[at.set] = (c->trees[at.set] & kept[at.way]) | (~away[at.way] & ~kept[at.way] & 0xffff);
    /* The way is empty now: it cannot be found before it is used again. */
}

static inline Cycle *ready_at(Cache *c, Place at) { return &c->ready[at.set * WAYS + at.way]; }
static inline Bool is_dirty(const Cache *c, Place at) { return c->dirty[at.set] >> at.way & 1; }
static inline void make_dirty(Cache *c, Place at) { c->dirty[at.set] |= 1u << at.way; }

typedef Int Four __attribute__((vector_size(16), may_alias));
typedef Short Eight __attribute__((vector_size(16)));

/* A bit for each way that holds the line. */
static inline UInt ways_of(const UInt *lines, UInt wanted) {
    const Four *in = (const Four *)lines;
    Four w = {(Int)wanted, (Int)wanted, (Int)wanted, (Int)wanted};
    Eight low = __builtin_ia32_packssdw128(in[0] == w, in[1] == w);
    Eight high = __builtin_ia32_packssdw128(in[2] == w, in[3] == w);
    return (UInt)__builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(low, high));
}
_Static_assert(WAYS == 16, "all ways are compared at once");

static inline Bool find(Cache *c, ULong line, Place *at) {
    at->set = line & (c->sets - 1);
    at->way = c->latest[at->set];
    if (c->lines[at->set * WAYS + at->way] == (UInt)line + 1) return True; /* the tree points away from it */
    UInt found = ways_of(&c->lines[at->set * WAYS], (UInt)line + 1);
    if (!found) return False;
    at->way = __builtin_ctz(found);
    touch(c, *at);
    return True;
}

/* Makes room for a line; `ready` and clean. */
static Victim place(Cache *c, ULong line, Cycle ready, Place *at) {
    UInt node = 1;
    at->set = line & (c->sets - 1);
    at->way = 0;
    for (Int bit = WAY_BITS - 1; bit >= 0; bit--) {
        UInt right = (c->trees[at->set] >> node) & 1;
        at->way |= right << bit;
        node = 2 * node + right;
    }
    UInt *l = &c->lines[at->set * WAYS + at->way];
    Victim victim = {*l, is_dirty(c, *at)};
    *l = (UInt)line + 1;
    *ready_at(c, *at) = ready;
    c->dirty[at->set] &= ~(1u << at->way);
    touch(c, *at);
    return victim;
}

static void drop_to_third(ULong line, Cycle now) {
    Place at;
    if (!find(&third, line, &at)) {
        Victim victim = place(&third, line, now, &at);
        if (victim.line && victim.dirty) dram_write((victim.line - 1) << LINE_BITS, now);
    }
    make_dirty(&third, at);
    *ready_at(&third, at) = now;
}

static void drop_to_second(ULong line, Cycle now) {
    Place at;
    if (!find(&second, line, &at)) {
        Victim victim = place(&second, line, now, &at);
        if (victim.line && victim.dirty) drop_to_third(victim.line - 1, now);
    }
    make_dirty(&second, at);
}

/* Between the third level and the memory's controller; the bus has a snoop filter of its own. */
enum {
    MEMORY_REQUEST = MEMORY_BUS_FRONTEND_LATENCY + MEMORY_BUS_FORWARD_LATENCY + SNOOP_FILTER_LOOKUP_LATENCY,
    MEMORY_RESPONSE = MEMORY_BUS_RESPONSE_LATENCY + CACHE_RESPONSE_LATENCY + FROM_THIRD
};

/* `now` is when the first level is asked. The cycle in which the first level can answer with a line that it lacks. */
static Cycle fetch_line(ULong line, Cycle now, Bool for_store, Bool *dirty) {
    Place at;
    if (find(&second, line, &at)) {
        Cycle hit = now + SECOND_HIT, there = *ready_at(&second, at);
        /* still on its way to the second level: its answer passes on */
        if (there > now + FIRST_HIT) {
            statistics.l2_misses++;
            return there + FROM_SECOND > hit ? there + FROM_SECOND : hit;
        }
        return hit;
    }
    statistics.l2_misses++;
    Cycle ready;
    if (find(&third, line, &at)) {
        ready = now + THIRD_HIT;
        *dirty = is_dirty(&third, at);
        third.lines[at.set * WAYS + at.way] = 0;
        point_at(&third, at);
    } else {
        statistics.l3_misses++;
        ready = dram_read(line << LINE_BITS, now + TO_MEMORY, for_store) + MEMORY_REQUEST + MEMORY_RESPONSE;
    }
    Victim victim = place(&second, line, ready - FROM_SECOND, &at);
    if (*dirty) make_dirty(&second, at);
    *dirty = False;
    if (victim.line && victim.dirty) drop_to_third(victim.line - 1, now);
    return ready;
}

static inline void count_access(enum Side side) {
    if (side == DATA) statistics.l1d_accesses++;
    else statistics.l1i_accesses++;
}

static inline void count_miss(enum Side side) {
    if (side == DATA) statistics.l1d_misses++;
    else statistics.l1i_misses++;
}

static inline Cycle hit_at(enum Side side, Place at, Bool write, Cycle now) {
    Cache *c = &first[side];
    Cycle ready = *ready_at(c, at);
    if (write) make_dirty(c, at);
    if (ready <= now + 1) return now + FIRST_HIT;
    count_miss(side);
    return ready > now + FIRST_HIT ? ready : now + FIRST_HIT;
}

/* Where a line of the program's addresses was found last, and what the cache held there: while it still does, neither
 * the address's page nor the set is looked up again. */
enum { FOUND = 512 };
static struct {
    Addr line; /* plus one */
    UInt tag, place;
} found[2][FOUND];

void caches_forget(void) { VG_(memset)(found, 0, sizeof found); }

static Bool holds(const Cache *c, ULong line) {
    return ways_of(&c->lines[(line & (c->sets - 1)) * WAYS], (UInt)line + 1) != 0;
}

/* A loop of 16-byte stores through each level, in the target: they wait for each other in their order. */
Cycle clearing(ULong physical) {
    enum { PAGE = 4096, OF_FIRST = 36, OF_SECOND = 57, OF_THIRD = 120, OF_MEMORY = 280 };
    ULong line = physical >> LINE_BITS;
    Cycle sum = 0;
    for (UInt i = 0; i < PAGE >> LINE_BITS; i++, line++)
        sum += holds(&first[DATA], line) ? OF_FIRST
             : holds(&second, line)      ? OF_SECOND
             : holds(&third, line)       ? OF_THIRD
                                         : OF_MEMORY;
    return sum;
}

static __attribute__((noinline)) Cycle look_up(enum Side side, Addr address, Bool write, Cycle now) {
    Cache *c = &first[side];
    ULong line = physical(address) >> LINE_BITS;
    Place at;
    Cycle ready;
    if (find(c, line, &at)) {
        ready = hit_at(side, at, write, now);
    } else {
        count_miss(side);
        Bool dirty = False;
        ready = fetch_line(line, now, write, &dirty);
        Victim victim = place(c, line, ready, &at);
        if (write || dirty) make_dirty(c, at);
        if (victim.line && victim.dirty) drop_to_second(victim.line - 1, now);
    }
    Addr known = address >> LINE_BITS;
    found[side][known % FOUND] = (typeof(found[0][0])){known + 1, (UInt)line + 1, at.set * WAYS + at.way};
    return ready;
}

Cycle cache_access(enum Side side, Addr address, Bool write, Cycle now) {
    if (!write) send_stores(now);
    count_access(side);
    Addr line = address >> LINE_BITS;
    typeof(&found[0][0]) f = &found[side][line % FOUND];
    Cache *c = &first[side];
    if (__builtin_expect(f->line != line + 1 || c->lines[f->place] != f->tag, 0))
        return look_up(side, address, write, now);
    Place at = {f->place / WAYS, f->place % WAYS};
    if (c->latest[at.set] != at.way) touch(c, at);
    return hit_at(side, at, write, now);
}
