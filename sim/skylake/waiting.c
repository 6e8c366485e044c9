/* Operations of the right path that are fetched and wait to be passed, with what fetch lost before them.
 *
 * They wait until fetch has come to the cycle in which they can begin, so that fetch and loads ask the caches in the
 * order of time. An entry is an instruction, or a part of one that its micro-code fetches in turn. */
#include "front_end.h"
#include "memo.h"

enum { WAITING = 64, LOSSES = 1024 };
_Static_assert(MOST_WAITING < WAITING, "each operation that waits has its place");

typedef struct {
    Inst *inst;
    UInt access;           /* its place in `accesses` */
    UInt losses;           /* of fetch, told up to this one */
    UInt branch;           /* its name, if it `resolves` with the last operation */
    UChar next, end;       /* [next, end) of its operations are to be passed */
    Bool ends, resolves;   /* its cycle, by a branch that is taken; `branch` */
} Waiting;
static Waiting waiting[WAITING];
static UInt first_entry, last_entry; /* [first_entry, last_entry) */
static Cycle fetched[WAITING];       /* when each operation was */
static UInt oldest, youngest;        /* [oldest, youngest) of the operations */
static Bool fetching_again;
Passed last;
Access accesses[ACCESSES];
UInt accesses_noted, passing;
_Static_assert(ACCESSES % 2 == 0 && ACCESSES > WAITING, "those that wait are kept");

/* Where fetch lost cycles: told when the operation that follows is passed. */
static struct {
    UChar why;
    Cycle cycles;
} losses[LOSSES];
static UInt lost, told;

void lose(UChar why, Cycle cycles) { losses[lost++ % LOSSES] = (typeof(losses[0])){why, cycles}; }

/* A load overtook a store that it depends on: it and all that follows is fetched once more. */
static __attribute__((noinline)) void fetch_again(void) {
    UInt i = oldest;
    statistics.replays++;
    lose(ORDER, last.restart > now_ ? last.restart - now_ : 0);
    fetching_again = True;
    restart(last.restart);
    for (UInt k = first_entry; i != youngest; k++) {
        Waiting *w = &waiting[k % WAITING];
        if (w->next == 0) get_bytes(w->inst->pc, w->inst->len, False);
        for (UInt n = w->next; n < w->end && i != youngest; n++) {
            place_operation();
            fetched[i++ % WAITING] = now_;
        }
        if (w->ends) next_cycle();
    }
    waiting[first_entry % WAITING].losses = lost;
    fetching_again = False;
}

static void tell_losses(UInt until) {
    for (; (Int)(until - told) > 0; told++) fetch_lost(losses[told % LOSSES].why, losses[told % LOSSES].cycles);
}

static void resolved(UInt branch) {
    if (tracing) traced_commit(branch, last.committed);
    else branch_commits(branch, last.committed);
}

/* Passes what can begin by `now`, and no more than `most`. */
static __attribute__((noinline)) void pass_waiting(Cycle now, UInt most) {
    while (most && oldest != youngest && fetched[oldest % WAITING] + FETCH_TO_EXECUTE <= now) {
        Waiting *w = &waiting[first_entry % WAITING];
        Inst *inst = w->inst;
        const UChar takes = inst->loop == L_DIVIDE ? DIVISION : RETIRING;
        tell_losses(w->losses);
        do {
            const Uop *u = &inst->uops[w->next];
            if (__builtin_expect(annotating, 0)) tally_passing();
            if (__builtin_expect(tracing, 0)) {
                passing = w->access;
                traced_port(u);
            }
            const Access *a = &accesses[w->access % ACCESSES];
            pass(u, fetched[oldest % WAITING], a->load, a->store, inst->pc, takes, &last);
            if (__builtin_expect(annotating, 0)) tally_passed(inst);
            most--;
            if (__builtin_expect(last.replayed, 0)) {
                fetch_again();
                break;
            }
            oldest++;
            if (++w->next == w->end) {
                if (w->resolves) resolved(w->branch);
                first_entry++;
                break;
            }
        } while (most && oldest != youngest && fetched[oldest % WAITING] + FETCH_TO_EXECUTE <= now);
    }
}

Bool catch_up(Cycle now) {
    if (oldest != youngest && fetched[oldest % WAITING] + FETCH_TO_EXECUTE <= now && !fetching_again)
        pass_waiting(now, ~0u);
    return oldest == youngest;
}

void pass_all(void) { pass_waiting(forever, ~0u); }

Cycle waiting_until(void) {
    return oldest != youngest ? fetched[oldest % WAITING] + FETCH_TO_EXECUTE : forever;
}

UInt waiting_ahead(void) { return youngest - oldest; }

void make_room(UInt behind) {
    while (oldest != youngest && youngest - oldest + behind >= MOST_WAITING) pass_waiting(forever, 1);
}

void fetch_operations(Inst *inst, UInt from, UInt to) {
    Waiting *w = &waiting[last_entry++ % WAITING];
    w->inst = inst;
    w->access = accesses_noted - 1;
    w->losses = lost;
    w->next = from;
    w->end = to;
    w->ends = w->resolves = False;
    UInt more = to - from, ahead = youngest - oldest;
    if (in_this_cycle + more <= CORE_FETCH_WIDTH && ahead + more <= MOST_WAITING &&
        fetch_room(ahead + more - 1) <= now_) { /* all in this cycle; room comes in order */
        for (UInt i = 0; i < more; i++) fetched[youngest++ % WAITING] = now_;
        in_this_cycle += more;
        return;
    }
    for (UInt i = from; i < to; i++) {
        make_room(0);
        fetched[youngest % WAITING] = fetch_one(fetch_room(youngest - oldest));
        youngest++;
    }
}

void resolves_then(UInt branch, Bool ends) {
    if (oldest == youngest) {
        resolved(branch);
        return;
    }
    Waiting *w = &waiting[(last_entry - 1) % WAITING];
    w->resolves = True;
    w->branch = branch;
    w->ends = ends;
}

Bool decode_late(void) {
    const Uop *ahead[MOST_WAITING];
    UInt n = 0;
    for (UInt k = first_entry; k != last_entry; k++) {
        const Waiting *w = &waiting[k % WAITING];
        for (UInt i = w->next; i < w->end && n < youngest - oldest; i++) ahead[n++] = &w->inst->uops[i];
    }
    return rename_late(now_, ahead, n);
}

/* ---- the state, relative to time (memo.h) ---------------------------------------------------------- */

Cycle oldest_fetched(Cycle now) { return oldest != youngest ? fetched[oldest % WAITING] : now; }

enum { MOST_BEHIND = 255, MOST_INSTRUCTIONS = 1 << 22 };

UInt *waiting_note(UInt *w, Moments m) {
    UInt entries = last_entry - first_entry, operations = youngest - oldest, behind = lost - told;
    if (behind > MOST_BEHIND || m.end - w < 1 + 2 * WAITING + WAITING / 2 + MOST_BEHIND) return NULL;
    *w++ = entries | operations << 8 | behind << 16;
    for (UInt k = first_entry; k != last_entry; k++) {
        const Waiting *e = &waiting[k % WAITING];
        UInt name = e->resolves ? m.name - e->branch : 0;
        UInt untold = (Int)(e->losses - told) > 0 ? e->losses - told : 0;
        if (name > 255 || e->inst->number >= MOST_INSTRUCTIONS) return NULL;
        *w++ = e->inst->number << 10 | (e->inst->accesses ? m.access - e->access : 0);
        *w++ = e->next | e->end << 7 | e->ends << 14 | e->resolves << 15 | untold << 16 | name << 24;
    }
    for (UInt i = 0; i < operations; i += 2) {
        ULong one = fetched[(oldest + i) % WAITING] - m.floor;
        ULong other = i + 1 < operations ? fetched[(oldest + i + 1) % WAITING] - m.floor : 0;
        if ((one | other) >> 16) return NULL;
        *w++ = (UInt)(one | other << 16);
    }
    for (UInt i = told; i != lost; i++) {
        if (losses[i % LOSSES].cycles >> 24) return NULL;
        *w++ = losses[i % LOSSES].why << 24 | (UInt)losses[i % LOSSES].cycles;
    }
    return w;
}
_Static_assert(MAX_UOPS < 1 << 7 && ACCESSES <= 1 << 10, "they have their bits");

const UInt *waiting_recall(const UInt *w, Moments m) {
    UInt entries = *w & 255, operations = *w >> 8 & 255, behind = *w >> 16;
    w++;
    first_entry = told = oldest = 0;
    last_entry = entries;
    lost = behind;
    youngest = operations;
    for (UInt k = 0; k < entries; k++, w += 2) {
        Waiting *e = &waiting[k];
        e->inst = instruction_numbered(w[0] >> 10);
        e->access = m.access - (w[0] & 1023);
        e->next = w[1] & 127;
        e->end = w[1] >> 7 & 127;
        e->ends = w[1] >> 14 & 1;
        e->resolves = w[1] >> 15 & 1;
        e->losses = w[1] >> 16 & 255;
        e->branch = m.name - (w[1] >> 24);
    }
    for (UInt i = 0; i < operations; i += 2, w++) {
        fetched[i] = m.floor + (*w & 0xffff);
        fetched[i + 1] = m.floor + (*w >> 16);
    }
    for (UInt i = 0; i < behind; i++, w++) losses[i] = (typeof(losses[0])){*w >> 24, *w & 0xffffff};
    return w;
}
