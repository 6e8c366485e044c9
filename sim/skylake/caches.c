/* Two first-level caches, a second and a third level, tree-PLRU, and the crossbars between them.
 *
 * A line is put in when it is asked for and carries the cycle in which its data comes; whoever wants it
 * before that has missed too and waits. Prefetchers: the target's never prefetch (they are told of no
 * retired instruction). The third level takes only dirty lines that the second drops. */
#include "model.h"
#include "pub_tool_mallocfree.h"

enum { WAYS = CACHE_ASSOC, WAY_BITS = __builtin_ctz(WAYS), LINE_BITS = __builtin_ctz(CACHE_CACHE_LINE_SIZE) };

typedef struct {
    ULong line; /* plus one; 0 is free */
    Cycle ready;
    Bool dirty;
} Line;

typedef struct {
    UInt sets;
    Line *lines;
    UShort *trees;
} Cache;

static Cache first[2], second, third;

static void make(Cache *c, UInt bytes) {
    c->sets = bytes / WAYS >> LINE_BITS;
    c->lines = VG_(calloc)("cache", c->sets * WAYS, sizeof(Line));
    c->trees = VG_(calloc)("cache", c->sets, sizeof(UShort));
}

void caches_init(void) {
    make(&first[INSTRUCTION], L1I_SIZE);
    make(&first[DATA], L1D_SIZE);
    make(&second, L2_SIZE);
    make(&third, L3_SIZE);
}

/* Points the tree away from a way. Node n has the children 2n and 2n + 1; bit 1 means: go right. */
static void touch(Cache *c, UInt set, UInt way) {
    UInt node = 1, tree = c->trees[set];
    for (Int bit = WAY_BITS - 1; bit >= 0; bit--) {
        UInt right = (way >> bit) & 1;
        tree = right ? tree & ~(1u << node) : tree | (1u << node);
        node = 2 * node + right;
    }
    c->trees[set] = tree;
}

static void point_at(Cache *c, UInt set, UInt way) {
    UInt node = 1, tree = c->trees[set];
    for (Int bit = WAY_BITS - 1; bit >= 0; bit--) {
        UInt right = (way >> bit) & 1;
        tree = right ? tree | (1u << node) : tree & ~(1u << node);
        node = 2 * node + right;
    }
    c->trees[set] = tree;
}

static Line *find(Cache *c, ULong line) {
    UInt set = line & (c->sets - 1);
    Line *at = &c->lines[set * WAYS];
    for (UInt w = 0; w < WAYS; w++) {
        if (at[w].line != line + 1) continue;
        touch(c, set, w);
        return &at[w];
    }
    return NULL;
}

/* Makes room for a line and returns its place; what was there is in *victim. */
static Line *place(Cache *c, ULong line, Line *victim) {
    UInt set = line & (c->sets - 1), node = 1, way = 0;
    for (Int bit = WAY_BITS - 1; bit >= 0; bit--) {
        UInt right = (c->trees[set] >> node) & 1;
        way |= right << bit;
        node = 2 * node + right;
    }
    Line *l = &c->lines[set * WAYS + way];
    *victim = *l;
    *l = (Line){line + 1, 0, False};
    touch(c, set, way);
    return l;
}

static void drop_to_third(ULong line, Cycle now) {
    Line *l = find(&third, line), victim;
    if (!l) {
        l = place(&third, line, &victim);
        if (victim.line && victim.dirty) dram_write((victim.line - 1) << LINE_BITS, now);
    }
    l->dirty = True;
    l->ready = now;
}

static void drop_to_second(ULong line, Cycle now) {
    Line *l = find(&second, line), victim;
    if (!l) {
        l = place(&second, line, &victim);
        l->ready = now;
        if (victim.line && victim.dirty) drop_to_third(victim.line - 1, now);
    }
    l->dirty = True;
}

/* Between the third level and the memory's controller; the bus has a snoop filter of its own. */
enum {
    MEMORY_REQUEST = MEMORY_BUS_FRONTEND_LATENCY + MEMORY_BUS_FORWARD_LATENCY + SNOOP_FILTER_LOOKUP_LATENCY,
    MEMORY_RESPONSE = MEMORY_BUS_RESPONSE_LATENCY + CACHE_RESPONSE_LATENCY + FROM_THIRD
};

/* `now` is when the first level is asked. The cycle in which the first level can answer with a line that it lacks. */
static Cycle fetch_line(ULong line, Cycle now, Bool for_store, Bool *dirty) {
    Line *l = find(&second, line), victim;
    if (l) {
        Cycle hit = now + SECOND_HIT;
        /* still on its way to the second level: its answer passes on */
        if (l->ready > now + FIRST_HIT) {
            statistics.l2_misses++;
            return l->ready + FROM_SECOND > hit ? l->ready + FROM_SECOND : hit;
        }
        return hit;
    }
    statistics.l2_misses++;
    l = find(&third, line);
    Cycle ready;
    if (l) {
        ready = now + THIRD_HIT;
        *dirty = l->dirty;
        UInt way = (l - third.lines) % WAYS;
        l->line = 0;
        point_at(&third, line & (third.sets - 1), way);
    } else {
        statistics.l3_misses++;
        ready = dram_read(line << LINE_BITS, now + TO_MEMORY, for_store) + MEMORY_REQUEST + MEMORY_RESPONSE;
    }
    l = place(&second, line, &victim);
    l->ready = ready - FROM_SECOND;
    if (*dirty) l->dirty = True;
    *dirty = False;
    if (victim.line && victim.dirty) drop_to_third(victim.line - 1, now);
    return ready;
}

Cycle cache_access(enum Side side, Addr address, Bool write, Cycle now) {
    if (!write) send_stores(now);
    Cache *c = &first[side];
    ULong line = physical(address) >> LINE_BITS;
    Line *l = find(c, line), victim;
    ULong *misses = side == DATA ? &statistics.l1d_misses : &statistics.l1i_misses;
    if (side == DATA) statistics.l1d_accesses++;
    else statistics.l1i_accesses++;
    if (l) {
        if (write) l->dirty = True;
        if (l->ready > now + 1) {
            ++*misses;
            return l->ready > now + FIRST_HIT ? l->ready : now + FIRST_HIT;
        }
        return now + FIRST_HIT;
    }
    ++*misses;
    Bool dirty = False;
    Cycle ready = fetch_line(line, now, write, &dirty);
    l = place(c, line, &victim);
    l->ready = ready;
    l->dirty = write || dirty;
    if (victim.line && victim.dirty) drop_to_second(victim.line - 1, now);
    return ready;
}
