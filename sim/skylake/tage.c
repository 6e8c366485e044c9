/* The direction predictor: TAGE with twelve tables of tagged counters, and a loop predictor beside it. */
#include "branch.h"
#include "pub_tool_libcbase.h"

enum {
    BIMODAL_BITS = TAGE_LOG_BIMODAL_SIZE, PATH_BITS = TAGE_PATH_HIST_BITS, RESET_BITS = TAGE_LOG_U_RESET_PERIOD,
    LOOP_WAYS = 1 << LOOP_LOG_LOOP_TABLE_ASSOC,
    LOOP_SET_BITS = LOOP_LOG_SIZE_LOOP_PRED - LOOP_LOG_LOOP_TABLE_ASSOC, LOOP_SETS = 1 << LOOP_SET_BITS,
    LOOP_CONFIDENT = (1 << LOOP_LOOP_TABLE_CONFIDENCE_BITS) - 1, LOOP_MASK = (1 << LOOP_LOOP_TABLE_ITER_BITS) - 1,
    HYSTERESIS = TAGE_LOG_RATIO_BI_MODAL_HYST_ENTRIES,
    COUNTER_MAX = (1 << (TAGE_TAG_TABLE_COUNTER_BITS - 1)) - 1, USEFUL_MAX = (1 << TAGE_TAG_TABLE_U_BITS) - 1,
    ALTERNATE_MAX = (1 << (TAGE_USE_ALT_ON_NA_BITS - 1)) - 1, AGE_MAX = (1 << LOOP_LOOP_TABLE_AGE_BITS) - 1,
    USE_LOOP_MAX = (1 << (LOOP_WITH_LOOP_BITS - 1)) - 1
};

static const UChar tag_bits[TABLES + 1] = TAGE_TAG_TABLE_TAG_WIDTHS;
static const UChar size_bits[TABLES + 1] = TAGE_LOG_TAG_TABLE_SIZES;
static const UChar lengths[TABLES + 1] = TAGE_HISTORY_LENGTHS;

/* All tables lie in one array, the bimodal one (number 0) behind the tagged ones: its predictions are counters of
 * one bit, which makes it a table like the others that has an entry of every branch. */
enum { TAGGED = TABLES << TAGE_LOG_LARGEST_TABLE, ENTRIES = TAGGED + (1 << BIMODAL_BITS) };
_Static_assert(ENTRIES <= 1 << 16, "places have 16 bits");
static struct {
    Char counter;
    UChar useful;
} entries[ENTRIES];
static UShort tags[TAGGED];
static UChar hysteresis[1 << (BIMODAL_BITS - HYSTERESIS)];
static Int use_alternate; /* 4 bits, signed */
static UInt resets;

static UShort loop_tags[LOOP_SETS][LOOP_WAYS] __attribute__((aligned(8)));
static struct {
    UShort iterations, current;
    UChar age, confidence;
} loops[LOOP_SETS * LOOP_WAYS];
static Int use_loop;

static void sums_init(void);

void tage_init(History *h) {
    sums_init();
    VG_(memset)(h, 0, sizeof *h);
    VG_(memset)(hysteresis, 1, sizeof hysteresis);
    for (UInt i = TAGGED; i < ENTRIES; i++) entries[i].counter = -1;
    resets = TAGE_INITIAL_T_COUNTER_VALUE;
    use_loop = -1;
}

/* The youngest `length` outcomes, folded to `bits` bits: what shifting them through a register that is fed
 * back would hold. */
static inline UInt fold(ULong outcomes, UInt length, UInt bits) {
    UInt folded = 0;
    for (UInt done = 0; done < length; done += bits) folded ^= (UInt)(outcomes >> done);
    return folded & ((1u << bits) - 1);
}

static UInt mix_path(UInt path, UInt length, UInt bank) {
    UInt bits = size_bits[bank], mask = (1u << bits) - 1;
    path &= (1u << length) - 1;
    UInt low = path & mask, high = path >> bits;
    high = ((high << bank) & mask) + (high >> (bits - bank < 32 ? bits - bank : 31));
    path = low ^ high;
    return ((path << bank) & mask) + (path >> (bits - bank < 32 ? bits - bank : 31));
}

typedef UShort Eight __attribute__((vector_size(16), may_alias));

/* The places of a branch in eight of the tables, or what something adds to them; and the tags. */
typedef struct {
    Eight place, tag;
} Sum;

enum { HALVES = LANES / 8 };

/* In each table, of a branch's address and the histories. */
static void places_of(ULong all_outcomes, UInt path_bits, UInt pc, Sum sums[HALVES]) {
    UShort places[LANES] = {0}, found[LANES] = {0};
    for (UInt i = 1; i <= TABLES; i++) {
        UInt length = lengths[i] > PATH_BITS ? PATH_BITS : lengths[i];
        ULong outcomes = all_outcomes & ((1ULL << lengths[i]) - 1);
        Int apart = (Int)size_bits[i] - (Int)i;
        UInt index = pc ^ (pc >> ((apart < 0 ? -apart : apart) + 1)) ^ fold(outcomes, lengths[i], size_bits[i]) ^
                     mix_path(path_bits, length, i);
        places[i] = index & ((1u << size_bits[i]) - 1);
        found[i] = (pc ^ fold(outcomes, lengths[i], tag_bits[i]) ^ (fold(outcomes, lengths[i], tag_bits[i] - 1) << 1)) &
                   ((1u << tag_bits[i]) - 1);
    }
    for (UInt i = 0; i < HALVES; i++) {
        VG_(memcpy)(&sums[i].place, &places[8 * i], sizeof(Eight));
        VG_(memcpy)(&sums[i].tag, &found[8 * i], sizeof(Eight));
    }
}

/* Places are sums (exclusive or) of what each bit of the histories and of the address adds to them: so they
 * are put together from tables of what some bits add at once, and from the last sums of addresses. The tables of
 * the first half see the youngest outcomes only. */
enum {
    OUTCOME_BITS = TAGE_MAX_HIST, AT_ONCE = 7, PATH_AT_ONCE = 6, ADDRESSES = 1024,
    OUTCOME_SUMS = (OUTCOME_BITS + AT_ONCE - 1) / AT_ONCE,
    PATH_SUMS = (PATH_BITS + PATH_AT_ONCE - 1) / PATH_AT_ONCE
};
static Sum outcome_sums[HALVES][OUTCOME_SUMS][1 << AT_ONCE];
static Eight path_sums[PATH_SUMS][1 << PATH_AT_ONCE][HALVES];
typedef struct {
    Addr pc;
    UShort loop_set, loop_tag;
    /* Where it was found last, with what histories and what in the tables: a branch of a loop comes with the same ones
     * again and again. */
    UInt path_bits;
    ULong outcomes, allocations;
    UChar hit, alternate;
    Sum sums[HALVES], last[HALVES];
} Address;
static ULong allocations; /* of entries in the tagged tables */
static Address addresses[ADDRESSES];

static void sums_init(void) {
    Sum sums[HALVES];
    for (UInt k = 0; k < OUTCOME_SUMS; k++)
        for (UInt bits = 0; bits < 1 << AT_ONCE; bits++) {
            places_of((ULong)bits << (k * AT_ONCE), 0, 0, sums);
            for (UInt i = 0; i < HALVES; i++) outcome_sums[i][k][bits] = sums[i];
        }
    for (UInt k = 0; k < PATH_SUMS; k++)
        for (UInt bits = 0; bits < 1 << PATH_AT_ONCE; bits++) {
            places_of(0, bits << (k * PATH_AT_ONCE) & ((1 << PATH_BITS) - 1), 0, sums);
            for (UInt i = 0; i < HALVES; i++) path_sums[k][bits][i] = sums[i].place;
        }
    for (UInt i = 0; i < ADDRESSES; i++) addresses[i].pc = ~(Addr)0;
}

static __attribute__((noinline, cold)) void address_sum(Address *a, Addr pc) {
    UShort begins[LANES] = {TAGGED + ((pc >> 2) & ((1u << BIMODAL_BITS) - 1))};
    UInt free = 0;
    for (UInt i = 1; i <= TABLES; i++) {
        UInt size = 1u << size_bits[i];
        begins[i] = (free + size - 1) & ~(size - 1); /* so that a place is added to it by exclusive or, too */
        free = begins[i] + size;
    }
    a->pc = pc;
    a->allocations = ~0ULL;
    a->loop_set = (pc >> 2) & (LOOP_SETS - 1);
    a->loop_tag = (pc >> 2 >> LOOP_SET_BITS) & ((1u << LOOP_LOOP_TABLE_TAG_BITS) - 1);
    places_of(0, 0, pc >> 2, a->sums);
    for (UInt i = 0; i < HALVES; i++) a->sums[i].place ^= ((const Eight *)begins)[i];
}

static inline __attribute__((always_inline)) void sum_up(const History *h, Address *a, UInt half) {
    enum { LAST_OF_FIRST = 7 };
    Sum s = a->sums[half];
#pragma GCC unroll 8
    for (UInt k = 0; k < OUTCOME_SUMS && k * AT_ONCE < lengths[half ? TABLES : LAST_OF_FIRST]; k++) {
        const Sum *add = &outcome_sums[half][k][h->outcomes >> (k * AT_ONCE) & ((1 << AT_ONCE) - 1)];
        s.place ^= add->place;
        s.tag ^= add->tag;
    }
#pragma GCC unroll 8
    for (UInt k = 0; k < PATH_SUMS; k++)
        s.place ^= path_sums[k][h->path_bits >> (k * PATH_AT_ONCE) & ((1 << PATH_AT_ONCE) - 1)][half];
    a->last[half] = s;
}

/* A bit for each table that has an entry of the branch, and for the bimodal one. */
static inline UInt hits(const Sum sums[HALVES]) {
#define TAG(i) tags[sums[(i) / 8].place[(i) % 8]]
    Eight low = {0, TAG(1), TAG(2), TAG(3), TAG(4), TAG(5), TAG(6), TAG(7)};
    Eight high = {TAG(8), TAG(9), TAG(10), TAG(11), TAG(12), 0, 0, 0};
#undef TAG
    typedef Short Signed __attribute__((vector_size(16)));
    Signed one = (Signed)(low == sums[0].tag), other = (Signed)(high == sums[1].tag);
    UInt equal = (UInt)__builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(one, other));
    return (equal & ((2u << TABLES) - 1)) | 1;
}
_Static_assert(TABLES == 12, "tables have their lanes");

static inline UInt longest(UInt tables_hit) { return 31 - __builtin_clz(tables_hit); }

static inline void predict_loop(const Address *a, Guess *g) {
    g->loop_index = a->loop_set * LOOP_WAYS;
    g->loop_tag = a->loop_tag;
    g->loop_hit = -1;
    g->loop_valid = g->loop_prediction = False;
    for (UInt w = 0; w < LOOP_WAYS; w++) {
        if (loop_tags[a->loop_set][w] != a->loop_tag) continue;
        UInt i = g->loop_index + w;
        g->loop_hit = (Char)w;
        g->loop_valid = loops[i].confidence == LOOP_CONFIDENT;
        g->loop_prediction = loops[i].current + 1 != loops[i].iterations;
        return;
    }
}

static __attribute__((noinline)) void find(const History *h, Address *a, ULong outcomes) {
    sum_up(h, a, 0);
    sum_up(h, a, 1);
    UInt hit = hits(a->last);
    a->hit = longest(hit);
    a->alternate = longest((hit & ~(1u << a->hit)) | 1);
    a->outcomes = outcomes;
    a->path_bits = h->path_bits;
    a->allocations = allocations;
}

Bool tage_predict(const History *h, Addr pc, Guess *g) {
    Address *a = &addresses[(pc ^ pc >> 10) % ADDRESSES];
    if (__builtin_expect(a->pc != pc, 0)) address_sum(a, pc);
    ULong outcomes = h->outcomes & ((1ULL << OUTCOME_BITS) - 1);
    if (a->outcomes != outcomes || a->path_bits != h->path_bits || a->allocations != allocations) find(h, a, outcomes);
    g->hit = a->hit;
    g->alternate = a->alternate;
    for (UInt i = 0; i < HALVES; i++) {
        ((Eight *)g->place)[i] = a->last[i].place;
        ((Eight *)g->tag)[i] = a->last[i].tag;
    }
    Int counter = entries[g->place[g->hit]].counter;
    g->longest_prediction = counter >= 0;
    g->alternate_prediction = entries[g->place[g->alternate]].counter >= 0;
    g->fresh = g->hit != 0 & (counter == 0 | counter == -1);
    g->prediction = use_alternate >= 0 & g->fresh ? g->alternate_prediction : g->longest_prediction;
    predict_loop(a, g);
    g->final = use_loop >= 0 & g->loop_valid ? g->loop_prediction : g->prediction;
    return g->final;
}

/* Learning does not jump where it can: what a hard branch of the program does is hard to foretell for the host, too. */
static inline Int within(Int least, Int value, Int most) {
    value = value < least ? least : value;
    return value > most ? most : value;
}

static inline void count(Char *counter, Bool up) {
    *counter = (Char)within(-COUNTER_MAX - 1, *counter + 2 * up - 1, COUNTER_MAX);
}

static inline void update_bimodal(const Guess *g, Bool taken) {
    Char *counter = &entries[g->place[0]].counter; /* 0 or -1 */
    UChar *weak = &hysteresis[(g->place[0] - TAGGED) >> HYSTERESIS];
    Int state = within(0, (*counter + 1) * 2 + *weak + 2 * taken - 1, 3);
    *counter = (Char)((state >> 1) - 1);
    *weak = state & 1;
}

static void update_loop(Guess *g, Bool taken) {
    if (g->loop_hit >= 0) {
        UInt i = g->loop_index + (UInt)g->loop_hit;
        if (g->loop_valid) {
            if (taken != g->loop_prediction) {
                loops[i].iterations = loops[i].age = loops[i].confidence = loops[i].current = 0;
                return;
            }
            if (g->loop_prediction != g->prediction && loops[i].age < AGE_MAX) loops[i].age++;
        }
        loops[i].current = (loops[i].current + 1) & LOOP_MASK;
        if (loops[i].current > loops[i].iterations) {
            loops[i].confidence = 0;
            if (loops[i].iterations) loops[i].iterations = loops[i].age = 0;
        }
        if (taken) return;
        if (loops[i].current == loops[i].iterations) {
            if (loops[i].confidence < LOOP_CONFIDENT) loops[i].confidence++;
            if (loops[i].iterations < 3)
                loops[i].iterations = loops[i].age = loops[i].confidence = 0;
        } else if (loops[i].iterations == 0) {
            loops[i].confidence = 0;
            loops[i].iterations = loops[i].current;
        } else {
            loops[i].iterations = loops[i].age = loops[i].confidence = 0;
        }
        loops[i].current = 0;
    } else if (taken) {
        branch_draw(); /* whether to allocate: it always does */
        UInt random = branch_random(branch_draw());
        for (UInt w = 0; w < LOOP_WAYS; w++) {
            UInt way = (random + w) & (LOOP_WAYS - 1), i = g->loop_index + way;
            if (loops[i].age == 0) {
                loop_tags[i / LOOP_WAYS][way] = g->loop_tag;
                loops[i].iterations = loops[i].confidence = 0;
                loops[i].age = AGE_MAX;
                loops[i].current = 1;
                break;
            }
            loops[i].age--;
        }
    }
}

static void allocate(const Guess *g, Bool taken, UInt random) {
    UInt least = 1, first = g->hit + 1;
    for (UInt i = TABLES; i > g->hit; i--)
        if (entries[g->place[i]].useful < least) least = entries[g->place[i]].useful;
    random &= 3 & ((1u << (TABLES - g->hit - 1)) - 1);
    if (random & 1) first += random & 2 ? 2 : 1;
    if (least > 0) entries[g->place[first]].useful = 0;
    for (UInt i = first; i <= TABLES; i++) {
        UInt place = g->place[i];
        if (entries[place].useful) continue;
        entries[place].counter = taken ? 0 : -1;
        tags[place] = g->tag[i];
        allocations++;
        break;
    }
}

void tage_update(Guess *g, ULong drawn) {
    Bool taken = g->taken;
    if (g->loop_valid && g->final != g->loop_prediction) {
        if (g->loop_prediction == taken) use_loop += use_loop < USE_LOOP_MAX;
        else use_loop -= use_loop > -USE_LOOP_MAX - 1;
    }
    update_loop(g, taken);
    Bool allocates = g->prediction != taken && g->hit < TABLES;
    if (g->fresh) {
        allocates &= g->longest_prediction != taken;
        Int right = 2 * (g->alternate_prediction == taken) - 1;
        right *= g->longest_prediction != g->alternate_prediction;
        use_alternate = within(-ALTERNATE_MAX - 1, use_alternate + right, ALTERNATE_MAX);
    }
    if (allocates) allocate(g, taken, branch_random(drawn));
    if ((++resets & ((1u << RESET_BITS) - 1)) == 0)
        for (UInt i = 0; i < TAGGED; i++) entries[i].useful >>= 1;
    if (!g->hit) {
        update_bimodal(g, taken);
        return;
    }
    typeof(&entries[0]) e = &entries[g->place[g->hit]];
    count(&e->counter, taken);
    if (e->useful == 0) {
        if (g->alternate) count(&entries[g->place[g->alternate]].counter, taken);
        else update_bimodal(g, taken);
    }
    Int right = 2 * (g->prediction == taken) - 1;
    e->useful = within(0, e->useful + (g->prediction != g->alternate_prediction) * right, USEFUL_MAX);
}
