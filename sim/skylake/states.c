/* States of the pipeline relative to time: two that differ in nothing that can matter are one. */
#include "states.h"
#include "pipeline.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"

enum { ROOM = 32 << 20, SPARE = 1 << 16, BUCKETS = 1 << 16, MOST_WORDS = 2048, BEGIN = 2,
       FOUR = 4 /* words are hashed and compared by so many */ };

/* ---- room ---------------------------------------------------------------------------------------------- */

ULong *space;
static UInt used; /* words of it */
static Ref buckets[BUCKETS];

void *room(UInt bytes) {
    if (!space) {
        space = VG_(malloc)("memo", ROOM + SPARE);
        used = BEGIN;
    }
    used += used & 1; /* an Asked lies in one line of the host's cache */
    ULong *place = space + used;
    used += (bytes + 7) / 8;
    return place;
}

Bool room_full(void) { return used * sizeof *space > ROOM; }

Bool room_begun(void) { return space != NULL; }

void room_empty(void) {
    VG_(memset)(buckets, 0, sizeof buckets);
    used = BEGIN;
}

/* ---- states -------------------------------------------------------------------------------------------- */

typedef ULong Two __attribute__((vector_size(16), may_alias));

/* Two chains of products, so that neither waits for the other. */
static inline UInt hashed(const Two *words, UInt count) {
    enum { MIXED = 29, KEPT = 32 };
    const ULong factor = 0x9e3779b97f4a7c15ULL;
    ULong one = count, other = ~(ULong)count;
    for (UInt i = 0; i < count; i++) {
        one = (one ^ words[i][0]) * factor;
        other = (other ^ words[i][1]) * factor;
        one ^= one >> MIXED;
        other ^= other >> MIXED;
    }
    return (UInt)((one ^ other * factor) >> KEPT);
}

static inline Bool are_equal(const Two *these, const Two *those, UInt count) {
    for (UInt i = 0; i < count; i++) {
        Two apart = these[i] ^ those[i];
        if (apart[0] | apart[1]) return False;
    }
    return True;
}

Ref intern(void) {
    static Two aligned[MOST_WORDS / FOUR];
    UInt *words = (UInt *)aligned, *w = words;
    Moments m = {oldest_fetched(now_), 0, accesses_noted, next_name(), words + MOST_WORDS - FOUR};
    m.renamed = later(m.floor + FETCH_TO_DECODE + DECODE_TO_RENAME, last_rename());
    *w++ = (UInt)(now_ - m.floor);
    if (!(w = front_end_note(w, m)) || !(w = waiting_note(w, m)) || !(w = back_end_note(w, m)) ||
        !(w = top_down_note(w)))
        return 0;
    UInt count = w - words, fours = (count + FOUR - 1) / FOUR;
    while (w < words + fours * FOUR) *w++ = 0;
    UInt hash = hashed(aligned, fours);
    for (Ref r = buckets[hash % BUCKETS]; r;) {
        State *s = at(r);
        if (s->hash == hash && s->count == count && are_equal((const Two *)s->words, aligned, fours)) return r;
        r = s->more;
    }
    State *s = room(sizeof(State) + fours * sizeof(Two));
    *s = (State){buckets[hash % BUCKETS], 0, hash, count};
    for (UInt i = 0; i < fours; i++) ((Two *)s->words)[i] = aligned[i];
    return buckets[hash % BUCKETS] = ref_of(s);
}

void recall(Ref state, Origin origin) {
    const State *s = at(state);
    const UInt *w = s->words;
    Moments m = {origin.now - *w++, 0, origin.access, origin.name, NULL};
    now_ = origin.now;
    w = front_end_recall(w, m);
    w = waiting_recall(w, m);
    w = back_end_recall(w, m);
    w = top_down_recall(w);
    tl_assert(w == s->words + s->count);
}
