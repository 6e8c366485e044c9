/* LTAGE with its loop predictor, the target buffer, the return stack and the indirect predictor.
 *
 * As in the target, histories follow the predicted path and are put back when a prediction was wrong;
 * tables learn when a branch commits, targets when a wrong one is found out. The target draws random
 * numbers for allocations from a generator that all its parts share: ours is another sequence. */
#include "branch.h"
#include "pub_tool_libcbase.h"

static History history, saved;
static Addr stack[RAS_ENTRIES];
/* What a wrong path overwrites of the return stack. */
enum { OVERWRITTEN = 512 };
static struct {
    UInt at;
    Addr address;
} overwritten[OVERWRITTEN];
static UInt overwritings;
static Bool on_wrong_path;
static Pending queue[PENDING];
static UInt first_pending, last_pending; /* a ring: [first, last) */
static Pending *latest;
static History before_latest;
static Addr overwritten_by_latest; /* the return address that a call's takes the place of */

static struct {
    Addr pc, target;
} buffer[BTB_ENTRIES];

static struct {
    UShort tag;
    Bool valid;
    Addr target;
} targets[INDIRECT_SETS][INDIRECT_WAYS];

static UInt seed = 1;

UInt branch_random(void) {
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

void branch_init(void) {
    tage_init(&history);
    VG_(memset)(buffer, 0, sizeof buffer);
}

/* An entry's tag is the address's bits above the index; all of them are compared here, which is the same
 * while a program's text does not span 2 to the power of BTB_TAG_BITS times the buffer. */
enum { TAG_SHIFT = 2 + __builtin_ctz(BTB_ENTRIES) };

static UInt slot(Addr pc) { return (pc >> 2) & (BTB_ENTRIES - 1); }

static Addr looked_up(Addr pc) {
    return buffer[slot(pc)].pc >> TAG_SHIFT == pc >> TAG_SHIFT && buffer[slot(pc)].pc ? buffer[slot(pc)].target : 0;
}

static void learn_target(Addr pc, Addr target) {
    buffer[slot(pc)].pc = pc;
    buffer[slot(pc)].target = target;
}

static void indirect_place(Addr pc, const History *h, UInt *set, UShort *tag) {
    ULong hash = (pc >> 2) ^ (h->directions & ((1u << INDIRECT_GHR_BITS) - 1));
    for (UInt i = 0; i < INDIRECT_PATH && i < h->path_length; i++)
        hash ^= h->path[(h->path_top - i) % PATH_RING] >> (2 + i); /* log2 of the sets / path length */
    *set = hash & (INDIRECT_SETS - 1);
    *tag = (pc >> 2) & ((1u << INDIRECT_TAG_SIZE) - 1);
}

static Addr indirect_target(Addr pc) {
    UInt set;
    UShort tag;
    indirect_place(pc, &history, &set, &tag);
    for (UInt w = 0; w < INDIRECT_WAYS; w++)
        if (targets[set][w].valid && targets[set][w].tag == tag) return targets[set][w].target;
    return 0;
}

static void learn_indirect(Addr pc, const History *before, Addr target) {
    UInt set, way;
    UShort tag;
    indirect_place(pc, before, &set, &tag);
    for (way = 0; way < INDIRECT_WAYS; way++)
        if (targets[set][way].valid && targets[set][way].tag == tag) break;
    if (way == INDIRECT_WAYS) way = branch_random() % INDIRECT_WAYS;
    targets[set][way].valid = True;
    targets[set][way].tag = tag;
    targets[set][way].target = target;
}

static void push_return(Addr address) {
    history.top = (history.top + 1) % RAS_ENTRIES;
    if (on_wrong_path && overwritings < OVERWRITTEN)
        overwritten[overwritings++] = (typeof(overwritten[0])){history.top, stack[history.top]};
    stack[history.top] = address;
}

static Addr pop_return(void) {
    Addr address = stack[history.top];
    history.top = (history.top + RAS_ENTRIES - 1) % RAS_ENTRIES;
    return address;
}

static void remember(Addr pc, UChar kind, Bool taken, Addr target) {
    tage_history(&history, pc, taken);
    history.directions = (history.directions << 1) | taken;
    if (kind == K_INDIRECT || kind == K_INDIRECT_CALL) {
        history.path_top++;
        history.path[history.path_top % PATH_RING] = target;
        if (history.path_length < PATH_RING) history.path_length++;
    }
}

static void learn_committed(Cycle now) {
    while (first_pending != last_pending && queue[first_pending % PENDING].commit < now) {
        Pending *p = &queue[first_pending++ % PENDING];
        if (p->kind == K_COND) tage_update(p);
    }
}

Prediction predict(Addr pc, UChar kind, Addr target, Addr fallthrough, Cycle now, Bool wrong_path) {
    static Pending discarded;
    Prediction p = {fallthrough, False};
    if (!wrong_path) learn_committed(now);
    if (!wrong_path && last_pending - first_pending == PENDING) learn_committed(~0ULL);
    Pending *b = wrong_path ? &discarded : &queue[last_pending % PENDING];
    b->pc = pc;
    b->fallthrough = fallthrough;
    b->kind = kind;
    b->commit = ~0ULL - 1;
    if (!wrong_path) {
        before_latest = history;
        overwritten_by_latest = stack[(history.top + 1) % RAS_ENTRIES];
        latest = b;
    }
    Bool taken = True;
    Addr found = looked_up(pc);
    if (kind == K_COND) taken = tage_predict(&history, b);
    if (kind == K_CALL || kind == K_INDIRECT_CALL) push_return(fallthrough);
    if (kind == K_RET) found = pop_return();
    if (kind == K_INDIRECT || kind == K_INDIRECT_CALL) {
        Addr other = indirect_target(pc);
        if (other) found = other;
    }
    if (taken && found) p = (Prediction){found, True};
    b->predicted_taken = p.taken;
    remember(pc, kind, p.taken, p.target);
    return p;
}

void resolve(Addr actual, Bool taken, Bool mispredicted, Cycle commit) {
    Pending *b = latest;
    b->taken = taken;
    b->commit = commit;
    last_pending++;
    if (!mispredicted) return;
    history = before_latest;
    stack[(history.top + 1) % RAS_ENTRIES] = overwritten_by_latest;
    if (b->kind == K_CALL || b->kind == K_INDIRECT_CALL) push_return(b->fallthrough);
    if (b->kind == K_RET) pop_return();
    if (b->kind == K_INDIRECT || b->kind == K_INDIRECT_CALL)
        learn_indirect(b->pc, &before_latest, actual);
    else if (taken && b->kind != K_RET)
        learn_target(b->pc, actual);
    remember(b->pc, b->kind, taken, actual);
}

void decode_corrected(Addr pc, Addr target) { learn_target(pc, target); }

void history_save(void) {
    saved = history;
    on_wrong_path = True;
    overwritings = 0;
}

void history_restore(void) {
    history = saved;
    on_wrong_path = False;
    while (overwritings) {
        overwritings--;
        stack[overwritten[overwritings].at] = overwritten[overwritings].address;
    }
}
