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

typedef struct {
    Char counter;
    UChar useful;
    UShort tag;
} Entry;

static Entry tables[TABLES + 1][1 << TAGE_LOG_LARGEST_TABLE];
static UChar bimodal[1 << BIMODAL_BITS], hysteresis[1 << (BIMODAL_BITS - HYSTERESIS)];
static Int use_alternate; /* 4 bits, signed */
static UInt resets;

static struct {
    UShort iterations, current, tag;
    UChar age, confidence;
} loops[LOOP_SETS * LOOP_WAYS];
static Int use_loop;

static void sums_init(void);

void tage_init(History *h) {
    sums_init();
    VG_(memset)(h, 0, sizeof *h);
    VG_(memset)(hysteresis, 1, sizeof hysteresis);
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

/* The places of a branch in all tables. */
typedef struct {
    Eight index[LANES / 8], tag[LANES / 8];
} Places;

static Places places_of(ULong all_outcomes, UInt path_bits, UInt pc) {
    UShort indices[LANES] = {0}, tags[LANES] = {0};
    for (UInt i = 1; i <= TABLES; i++) {
        UInt length = lengths[i] > PATH_BITS ? PATH_BITS : lengths[i];
        ULong outcomes = all_outcomes & ((1ULL << lengths[i]) - 1);
        Int apart = (Int)size_bits[i] - (Int)i;
        UInt index = pc ^ (pc >> ((apart < 0 ? -apart : apart) + 1)) ^ fold(outcomes, lengths[i], size_bits[i]) ^
                     mix_path(path_bits, length, i);
        indices[i] = index & ((1u << size_bits[i]) - 1);
        tags[i] = (pc ^ fold(outcomes, lengths[i], tag_bits[i]) ^ (fold(outcomes, lengths[i], tag_bits[i] - 1) << 1)) &
                  ((1u << tag_bits[i]) - 1);
    }
    Places p;
    VG_(memcpy)(p.index, indices, sizeof indices);
    VG_(memcpy)(p.tag, tags, sizeof tags);
    return p;
}

static inline void add(Places *to, const Places *p) {
    __asm__("" : "+r"(p)); /* one address, not four */
    for (UInt i = 0; i < LANES / 8; i++) {
        to->index[i] ^= p->index[i];
        to->tag[i] ^= p->tag[i];
    }
}

/* Places are sums (exclusive or) of what each bit of the histories and of the address adds to them: so they
 * are put together from tables of what some bits add at once, and from the last sums of addresses. */
enum { OUTCOME_BITS = TAGE_MAX_HIST, AT_ONCE = 6, PATH_AT_ONCE = 4, ADDRESSES = 1024 };
static Places outcome_sums[(OUTCOME_BITS + AT_ONCE - 1) / AT_ONCE][1 << AT_ONCE];
static Places path_sums[PATH_BITS / PATH_AT_ONCE][1 << PATH_AT_ONCE];
static struct {
    Addr pc;
    Places sum;
} address_sums[ADDRESSES];

static void sums_init(void) {
    for (UInt k = 0; k < sizeof outcome_sums / sizeof *outcome_sums; k++)
        for (UInt bits = 0; bits < 1 << AT_ONCE; bits++)
            outcome_sums[k][bits] = places_of((ULong)bits << (k * AT_ONCE), 0, 0);
    for (UInt k = 0; k < sizeof path_sums / sizeof *path_sums; k++)
        for (UInt bits = 0; bits < 1 << PATH_AT_ONCE; bits++)
            path_sums[k][bits] = places_of(0, bits << (k * PATH_AT_ONCE), 0);
    for (UInt i = 0; i < ADDRESSES; i++) address_sums[i].pc = ~(Addr)0;
}

static void places(const History *h, Pending *b) {
    typeof(&address_sums[0]) a = &address_sums[(b->pc ^ b->pc >> 10) % ADDRESSES];
    if (a->pc != b->pc) {
        a->pc = b->pc;
        a->sum = places_of(0, 0, b->pc >> 2);
    }
    Places p = a->sum;
#pragma GCC unroll 8
    for (UInt k = 0; k < sizeof outcome_sums / sizeof *outcome_sums; k++)
        add(&p, &outcome_sums[k][h->outcomes >> (k * AT_ONCE) & ((1 << AT_ONCE) - 1)]);
#pragma GCC unroll 8
    for (UInt k = 0; k < sizeof path_sums / sizeof *path_sums; k++) {
        const Places *path = &path_sums[k][h->path_bits >> (k * PATH_AT_ONCE) & ((1 << PATH_AT_ONCE) - 1)];
        for (UInt i = 0; i < LANES / 8; i++) p.index[i] ^= path->index[i];
    }
    for (UInt i = 0; i < LANES / 8; i++) {
        ((Eight *)b->index)[i] = p.index[i];
        ((Eight *)b->tag)[i] = p.tag[i];
    }
    b->bimodal = (b->pc >> 2) & ((1u << BIMODAL_BITS) - 1);
}

static Entry *entry(const Pending *b, UInt bank) { return &tables[bank][b->index[bank]]; }

/* A bit for each table that has an entry of the branch. */
static inline UInt hits(const Pending *b) {
#define TAG(i) entry(b, i)->tag
    Eight low = {0, TAG(1), TAG(2), TAG(3), TAG(4), TAG(5), TAG(6), TAG(7)};
    Eight high = {TAG(8), TAG(9), TAG(10), TAG(11), TAG(12), 0, 0, 0};
#undef TAG
    typedef Short Signed __attribute__((vector_size(16)));
    Signed one = (Signed)(low == ((const Eight *)b->tag)[0]), other = (Signed)(high == ((const Eight *)b->tag)[1]);
    return (UInt)__builtin_ia32_pmovmskb128(__builtin_ia32_packsswb128(one, other)) & ((2u << TABLES) - 2);
}
_Static_assert(TABLES == 12, "tables have their lanes");

static UInt longest(UInt tables_hit) { return tables_hit ? 31 - __builtin_clz(tables_hit) : 0; }

static Bool predict_loop(Pending *b) {
    UInt pc = b->pc >> 2;
    b->loop_index = (pc & (LOOP_SETS - 1)) * LOOP_WAYS;
    b->loop_tag = (pc >> LOOP_SET_BITS) & ((1u << LOOP_LOOP_TABLE_TAG_BITS) - 1);
    b->loop_hit = -1;
    b->loop_valid = False;
    for (UInt w = 0; w < LOOP_WAYS; w++) {
        UInt i = b->loop_index + w;
        if (loops[i].tag != b->loop_tag) continue;
        b->loop_hit = (Char)w;
        b->loop_valid = loops[i].confidence == LOOP_CONFIDENT;
        return loops[i].current + 1 != loops[i].iterations;
    }
    return False;
}

Bool tage_predict(const History *h, Pending *b) {
    places(h, b);
    UInt hit = hits(b);
    b->hit = longest(hit);
    b->alternate = longest(hit & ~(1u << b->hit));
    b->alternate_prediction = b->alternate ? entry(b, b->alternate)->counter >= 0 : bimodal[b->bimodal];
    b->fresh = False;
    if (b->hit) {
        Int counter = entry(b, b->hit)->counter;
        b->longest_prediction = counter >= 0;
        b->fresh = counter == 0 || counter == -1;
        b->prediction =
            use_alternate < 0 || !b->fresh ? b->longest_prediction : b->alternate_prediction;
    } else {
        b->prediction = b->longest_prediction = b->alternate_prediction;
    }
    b->loop_prediction = predict_loop(b);
    b->final = use_loop >= 0 && b->loop_valid ? b->loop_prediction : b->prediction;
    return b->final;
}

static void count(Char *counter, Bool up) {
    if (up) {
        if (*counter < COUNTER_MAX) ++*counter;
    } else if (*counter > -COUNTER_MAX - 1) {
        --*counter;
    }
}

static void update_bimodal(const Pending *b, Bool taken) {
    UInt place = b->bimodal, state = (bimodal[place] << 1) + hysteresis[place >> HYSTERESIS];
    if (taken) state += state < 3;
    else state -= state > 0;
    bimodal[place] = state >> 1;
    hysteresis[place >> HYSTERESIS] = state & 1;
}

static void update_loop(Pending *b, Bool taken) {
    if (b->loop_hit >= 0) {
        UInt i = b->loop_index + (UInt)b->loop_hit;
        if (b->loop_valid) {
            if (taken != b->loop_prediction) {
                loops[i].iterations = loops[i].age = loops[i].confidence = loops[i].current = 0;
                return;
            }
            if (b->loop_prediction != b->prediction && loops[i].age < AGE_MAX) loops[i].age++;
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
        branch_random(); /* whether to allocate: it always does */
        UInt random = branch_random();
        for (UInt w = 0; w < LOOP_WAYS; w++) {
            UInt i = b->loop_index + ((random + w) & (LOOP_WAYS - 1));
            if (loops[i].age == 0) {
                loops[i].tag = b->loop_tag;
                loops[i].iterations = loops[i].confidence = 0;
                loops[i].age = AGE_MAX;
                loops[i].current = 1;
                break;
            }
            loops[i].age--;
        }
    }
}

static void allocate(Pending *b, Bool taken, UInt random) {
    UInt least = 1, first = b->hit + 1;
    for (UInt i = TABLES; i > b->hit; i--)
        if (entry(b, i)->useful < least) least = entry(b, i)->useful;
    random &= 3 & ((1u << (TABLES - b->hit - 1)) - 1);
    if (random & 1) first += random & 2 ? 2 : 1;
    if (least > 0) entry(b, first)->useful = 0;
    for (UInt i = first; i <= TABLES; i++) {
        Entry *e = entry(b, i);
        if (e->useful) continue;
        *e = (Entry){taken ? 0 : -1, 0, b->tag[i]};
        break;
    }
}

void tage_update(Pending *b, UInt random) {
    Bool taken = b->taken;
    if (b->loop_valid && b->final != b->loop_prediction) {
        if (b->loop_prediction == taken) use_loop += use_loop < USE_LOOP_MAX;
        else use_loop -= use_loop > -USE_LOOP_MAX - 1;
    }
    update_loop(b, taken);
    Bool allocates = b->prediction != taken && b->hit < TABLES;
    if (b->hit && b->fresh) {
        if (b->longest_prediction == taken) allocates = False;
        if (b->longest_prediction != b->alternate_prediction) {
            if (b->alternate_prediction == taken) use_alternate += use_alternate < ALTERNATE_MAX;
            else use_alternate -= use_alternate > -ALTERNATE_MAX - 1;
        }
    }
    if (allocates) allocate(b, taken, random);
    if ((++resets & ((1u << RESET_BITS) - 1)) == 0)
        for (UInt i = 1; i <= TABLES; i++)
            for (UInt k = 0; k < 1u << size_bits[i]; k++) tables[i][k].useful >>= 1;
    if (!b->hit) {
        update_bimodal(b, taken);
        return;
    }
    Entry *e = entry(b, b->hit);
    count(&e->counter, taken);
    if (e->useful == 0) {
        if (b->alternate) count(&entry(b, b->alternate)->counter, taken);
        else update_bimodal(b, taken);
    }
    if (b->prediction != b->alternate_prediction) {
        if (b->prediction == taken) e->useful += e->useful < USEFUL_MAX;
        else e->useful -= e->useful > 0;
    }
}
