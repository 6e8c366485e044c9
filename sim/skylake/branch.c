/* LTAGE with its loop predictor, the target buffer, the return stack and the indirect predictor.
 *
 * As in the target, histories follow the predicted path and are put back when a prediction was wrong;
 * tables learn when a branch commits, targets when a wrong one is found out. Random numbers for
 * allocations are those of the target, drawn in its order. */
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

/* Branches of the right path that have not committed, by name. Those that were learned last are used again first:
 * few are under way at once, so they stay in the host's cache. */
static Guess guesses[PENDING];
static UChar named[PENDING]; /* a ring: the guess of each name in [first, last) */
static UInt first_pending, last_pending;
static UChar unused[PENDING]; /* a stack of guesses */
static UInt unused_count;
static Pending latest;
static UChar latest_guess;
_Static_assert(PENDING == 256, "a byte says which");

/* Targets of indirect branches, by their number. A wrong path writes behind those of the right one, and fewer than
 * would come round to the latest of those: so nothing has to be put back. */
enum { TARGETS = 1024 };
static Addr path[TARGETS];

static struct {
    Addr pc, target;
} buffer[BTB_ENTRIES];

static struct {
    UShort tag;
    Bool valid;
    Addr target;
} targets[INDIRECT_SETS][INDIRECT_WAYS];

/* The C library's rand(), by which the target replaces targets of indirect branches. */
static UInt library_random(void) {
    enum { LAG = 31, NEAR = 3, DISCARDED = 310 };
    static UInt state[LAG], at = NEAR;
    if (!state[0]) {
        state[0] = 1;
        for (UInt i = 1; i < LAG; i++) state[i] = 16807ULL * state[i - 1] % 2147483647;
        for (UInt i = 0; i < DISCARDED; i++) library_random();
    }
    state[at] += state[(at + LAG - NEAR) % LAG];
    UInt value = state[at] >> 1;
    at = (at + 1) % LAG;
    return value;
}

void branch_init(void) {
    randomness_init();
    tage_init(&history);
    VG_(memset)(buffer, 0, sizeof buffer);
    for (UInt i = 0; i < PENDING; i++) unused[i] = i;
    unused_count = PENDING;
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
    for (UInt i = 0; i < INDIRECT_PATH; i++)
        hash ^= path[(h->path_top - i) % TARGETS] >> (2 + i); /* log2 of the sets / path length */
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
    if (way == INDIRECT_WAYS) way = library_random() % INDIRECT_WAYS;
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
    if (kind == K_INDIRECT || kind == K_INDIRECT_CALL) path[++history.path_top % TARGETS] = target;
}

static void learn_committed(Cycle now) {
    while (first_pending != last_pending) {
        UChar which = named[(UChar)first_pending];
        Guess *g = &guesses[which];
        if (g->commit >= now) return;
        first_pending++;
        unused[unused_count++] = which;
        ULong drawn = branch_draw(); /* for each branch; used for few */
        if (g->conditional) tage_update(g, drawn);
    }
}

/* Room for what the direction predictor makes of a branch of the right path. */
static Guess *new_guess(UChar kind, Cycle now) {
    learn_committed(now);
    if (!unused_count) learn_committed(~0ULL);
    latest_guess = unused[--unused_count];
    Guess *g = &guesses[latest_guess];
    g->conditional = kind == K_COND;
    g->commit = ~0ULL - 1;
    return g;
}

Prediction predict(Addr pc, UChar kind, Addr target, Addr fallthrough, Cycle now, Pending *ghost) {
    static Guess of_ghost; /* nothing is learned from it */
    Guess *g = ghost ? &of_ghost : new_guess(kind, now);
    Pending *b = ghost ? ghost : &latest;
    b->pc = pc;
    b->fallthrough = fallthrough;
    b->kind = kind;
    b->before = history;
    b->overwritten = stack[(history.top + 1) % RAS_ENTRIES];
    Addr found = looked_up(pc);
    Bool taken = True;
    if (kind == K_COND) {
        taken = tage_predict(&history, pc, g);
    } else {
        if (kind == K_CALL || kind == K_INDIRECT_CALL) push_return(fallthrough);
        if (kind == K_RET) found = pop_return();
        if (kind == K_INDIRECT || kind == K_INDIRECT_CALL) {
            Addr other = indirect_target(pc);
            if (other) found = other;
        }
    }
    taken = taken && found;
    Prediction p = {taken ? found : fallthrough, taken};
    remember(pc, kind, p.taken, p.target);
    return p;
}

void history_correct(const Pending *b, Addr actual, Bool taken) {
    history = b->before;
    stack[(history.top + 1) % RAS_ENTRIES] = b->overwritten;
    if (b->kind == K_CALL || b->kind == K_INDIRECT_CALL) push_return(b->fallthrough);
    if (b->kind == K_RET) pop_return();
    if (b->kind == K_INDIRECT || b->kind == K_INDIRECT_CALL)
        learn_indirect(b->pc, &b->before, actual);
    else if (taken && b->kind != K_RET)
        learn_target(b->pc, actual);
    remember(b->pc, b->kind, taken, actual);
}

UInt resolve(Addr actual, Bool taken, Bool mispredicted) {
    guesses[latest_guess].taken = taken;
    if (mispredicted) history_correct(&latest, actual, taken);
    named[(UChar)last_pending] = latest_guess;
    return last_pending++;
}

UInt next_name(void) { return last_pending; }

void branch_commits(UInt which, Cycle commit) {
    /* A name that is too old was learned when it had to be, before it committed. */
    if ((Int)(which - first_pending) >= 0) guesses[named[(UChar)which]].commit = commit;
}

void bytes_drawn(ULong count) {
    enum { MOST = 256 }; /* what follows is as random as it was */
    learn_committed(~0ULL);
    for (ULong i = 0; i < count && i < MOST; i++) branch_draw();
}

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
