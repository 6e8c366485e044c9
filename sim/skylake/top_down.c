/* Where the cycles went: each slot of each cycle is given to one cause, and the slots of all causes are
 * four for each cycle, exactly.
 *
 * A cycle has four slots, as many as the narrowest stages (fetch, decode) take. They are counted where
 * operations are renamed, in program order. An operation takes one: RETIRING, or DIVISION where it is a
 * step of a micro-coded division, or ORDER where it must be fetched again. The slots left empty between
 * the renaming of an operation and of the one before belong to what kept it:
 *  - cycles in which it had been fetched and decoded, but buffers were full: to what the oldest
 *    operation waited for then (a load: the level that served it; a long operation; SERIAL for one that
 *    must be alone), or WRITING where no entry of the store queue was free;
 *  - cycles in which fetch had been sent back: BRANCH or ORDER as far as that costs at least (22
 *    cycles); what it took longer, while the branch waited for its operands, to what the oldest
 *    operation waited for; TARGET where decode found the wrong target; SERIAL after a system call;
 *  - cycles beyond a hit in which fetch waited for the instruction cache: CODE;
 *  - all others: FETCH, the 16-byte buffer that is filled anew every fourth cycle.
 * Operations renamed faster than four a cycle take empty slots of the cycles that follow. What comes after
 * the last renaming belongs to what the oldest operation waits for. Nothing here changes a time. */
#include "model.h"

enum { SLOTS = 4, FETCH_TO_RENAME = 4, REDIRECT = 22, EVENTS = 1024, RING = 2 * EVENTS };

static ULong slots[CAUSES];
static Cycle lost[CAUSES]; /* of fetch, since the last operation */
static Cycle waited;       /* of fetch, for a branch that waited */
static Bool any_lost;      /* one of these is not 0 */
static Cycle last_renamed;
static ULong debt; /* operations that have not found a slot yet */

/* Commits that moved the frontier: when, and in the low bits what the operation waited for. */
enum { WHY_BITS = 4 };
_Static_assert(CAUSES <= 1 << WHY_BITS, "a cause has its bits");
static ULong events[RING]; /* longer, so that one that does not count can be written, too */
static UInt oldest, youngest; /* [oldest, youngest) */

static Cycle committed_of(UInt event) { return events[event % RING] >> WHY_BITS; }

static inline void charge(UChar why, Cycle cycles) {
    ULong all = SLOTS * cycles, pays = all < debt ? all : debt;
    debt -= pays;
    slots[why] += all - pays;
}

/* Gives the cycles (from, to] to what the oldest operation waited for in each. */
static void charge_oldest(Cycle from, Cycle to) {
    if (youngest - oldest > EVENTS) oldest = youngest - EVENTS;
    while (from < to) {
        while (oldest != youngest && committed_of(oldest) <= from) oldest++;
        Cycle end = to;
        UChar why = CHAIN;
        if (oldest != youngest) {
            why = events[oldest % RING] & ((1 << WHY_BITS) - 1);
            if (committed_of(oldest) < to) end = committed_of(oldest);
        }
        charge(why, end - from);
        from = end;
    }
}

void fetch_lost(UChar why, Cycle cycles) {
    any_lost = True;
    if (why == BRANCH || why == ORDER) {
        Cycle least = cycles < REDIRECT ? cycles : REDIRECT;
        lost[why] += least;
        waited += cycles - least;
    } else {
        lost[why] += cycles;
    }
}

static Cycle of_fetch(UChar why, Cycle left) {
    Cycle cycles = lost[why] < left ? lost[why] : left;
    charge(why, cycles);
    lost[why] = 0;
    return left - cycles;
}

void takes_slot(UChar takes) {
    slots[takes]++;
    slots[RETIRING]--;
}

/* Gives out the cycles since the last renaming, `blocked` of which it waited for buffers. */
static void give(Cycle from, Cycle renamed, Cycle blocked, Bool no_store_entry) {
    if (no_store_entry) charge(WRITING, blocked);
    Cycle left = renamed - from - blocked, for_operands = 0;
    if (left && any_lost) {
        static const UChar causes[] = {BRANCH, ORDER, CODE, TARGET, SERIAL, DIVISION};
        for (UInt i = 0; i < sizeof causes; i++)
            if (lost[causes[i]]) left = of_fetch(causes[i], left);
        for_operands = waited < left ? waited : left;
        any_lost = False;
    }
    charge(FETCH, left - for_operands);
    if (for_operands) charge_oldest(from, from + for_operands);
    if (!no_store_entry) charge_oldest(renamed - blocked, renamed);
    waited = 0;
}

void renamed_at(Cycle fetched, Cycle before, Cycle renamed, Bool no_store_entry) {
    Cycle gap = renamed - before, blocked = renamed - (fetched + FETCH_TO_RENAME);
    debt++;
    if (blocked > gap) blocked = gap;
    if (blocked || any_lost) give(before, renamed, blocked, no_store_entry);
    else charge(FETCH, gap);
    last_renamed = renamed;
}

void committed_at(Cycle committed, UChar why, Bool later) {
    events[youngest % RING] = committed << WHY_BITS | why;
    youngest += later;
}

const ULong *top_down(void) {
    static ULong result[CAUSES];
    Cycle end = last_commit();
    if (end > last_renamed) charge_oldest(last_renamed, end);
    last_renamed = end;
    for (UInt i = 0; i < CAUSES; i++) result[i] = slots[i];
    result[RETIRING] += operations_passed();
    /* Operations that were renamed in the last cycles, and found no slot. */
    result[RETIRING] -= debt < result[RETIRING] ? debt : result[RETIRING];
    return result;
}
