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
#include "memo.h"
#include "top_down.h"

static ULong taken[CAUSES];   /* by operations; RETIRING: less than all, so it wraps around */
static ULong charged[CAUSES]; /* empty ones; FETCH: what is left at the end */
static Cycle lost[CAUSES];    /* of fetch, since the last operation */
static Cycle waited;          /* of fetch, for a branch that waited */
Bool any_lost;
/* The slots that are given out, from the first on: those of the cycles up to the last renaming, and what
 * the operations renamed then take of the cycles that follow (the debt). */
ULong slots_given;
static ULong debt;

ULong events[OPERATIONS];
static ULong oldest; /* all before it have committed */

void oldest_operation(ULong operation) { oldest = operation; }


static inline void charge(UChar why, Cycle cycles) {
    ULong all = SLOTS * cycles, pays = all < debt ? all : debt;
    debt -= pays;
    slots_given += all - pays;
    charged[why] += all - pays;
}

/* Gives the cycles (from, to] to what the oldest operation waited for in each. */
static void charge_oldest(Cycle from, Cycle to) {
    ULong end_of_all = operations_placed();
    if (end_of_all - oldest > OPERATIONS) oldest = end_of_all - OPERATIONS;
    while (from < to) {
        while (oldest != end_of_all && events[oldest % OPERATIONS] >> EVENT_BITS <= from) oldest++;
        Cycle end = to;
        UChar why = CHAIN;
        if (oldest != end_of_all) {
            ULong event = events[oldest % OPERATIONS];
            why = event & WHY;
            if (event >> EVENT_BITS < to) end = event >> EVENT_BITS;
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
    taken[takes]++;
    taken[RETIRING]--;
}

/* Gives out the cycles since the last renaming, `blocked` of which it waited for buffers. */
void give_slots(Cycle from, Cycle renamed, Cycle blocked, Bool no_store_entry) {
    debt = slots_given - SLOTS * from;
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
    waited = 0; /* after a redirect the next operation is always renamed later */
}

const ULong *top_down(void) {
    static ULong result[CAUSES];
    Cycle end = last_commit(), last_renamed = last_rename();
    ULong operations = operations_passed(), others = 0;
    debt = slots_given - SLOTS * last_renamed;
    if (end > last_renamed) charge_oldest(last_renamed, end);
    for (UInt i = 0; i < CAUSES; i++)
        if (i != FETCH) others += charged[i];
    charged[FETCH] = slots_given - operations - others;
    for (UInt i = 0; i < CAUSES; i++) result[i] = charged[i] + taken[i];
    result[RETIRING] += operations;
    result[SERIAL] += SLOTS * (cycles_done() - end); /* paid for what the system did */
    /* Operations that were renamed in the last cycles, and found no slot. */
    result[RETIRING] -= debt < result[RETIRING] ? debt : result[RETIRING];
    return result;
}

/* ---- the state, relative to time (memo.h) ---------------------------------------------------------- */

static const UChar losing[] = {BRANCH, ORDER, CODE, TARGET, SERIAL, DIVISION};

UInt *top_down_note(UInt *w) {
    ULong ahead = slots_given - SLOTS * last_rename();
    if (ahead >> 24 || waited >> 24) return NULL;
    *w++ = (UInt)ahead << 1 | any_lost;
    if (!any_lost) return w;
    *w++ = (UInt)waited;
    for (UInt i = 0; i < sizeof losing; i++) {
        if (lost[losing[i]] >> 24) return NULL;
        *w++ = (UInt)lost[losing[i]];
    }
    return w;
}

const UInt *top_down_recall(const UInt *w) {
    slots_given = SLOTS * last_rename() + (*w >> 1);
    any_lost = *w++ & 1;
    waited = any_lost ? *w++ : 0;
    for (UInt i = 0; i < sizeof losing; i++) lost[losing[i]] = any_lost ? *w++ : 0;
    return w;
}

void counts_now(ULong counts[COUNTS]) {
    for (UInt i = 0; i < CAUSES; i++) {
        counts[i] = charged[i];
        counts[CAUSES + i] = taken[i];
    }
    counts[2 * CAUSES] = operations_passed();
    counts[2 * CAUSES + 1] = statistics.replays;
    counts[2 * CAUSES + 2] = statistics.mispredictions;
    counts[2 * CAUSES + 3] = statistics.unknown;
}

void counts_add(UInt which, Long by) {
    if (which < CAUSES) charged[which] += by;
    else if (which < 2 * CAUSES) taken[which - CAUSES] += by;
    else if (which == 2 * CAUSES) operations_add(by);
    else if (which == 2 * CAUSES + 1) statistics.replays += by;
    else if (which == 2 * CAUSES + 2) statistics.mispredictions += by;
    else statistics.unknown += by;
}
