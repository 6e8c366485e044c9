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

enum {
    SLOTS = CORE_FETCH_WIDTH, FETCH_TO_RENAME = CORE_FETCH_TO_DECODE_DELAY + CORE_DECODE_TO_RENAME_DELAY,
    EVENTS = 1024
};

static ULong slots[CAUSES];
static Cycle lost[CAUSES]; /* of fetch, since the last operation */
static Cycle waited;       /* of fetch, for a branch that waited */
static Cycle last_renamed;
static ULong debt; /* operations that have not found a slot yet */

/* Commits that moved the frontier: when, and what the operation waited for. */
static struct {
    Cycle committed;
    UChar why;
} events[EVENTS];
static UInt oldest, youngest; /* [oldest, youngest) */

static void charge(UChar why, Cycle cycles) {
    ULong all = SLOTS * cycles, paid = all < debt ? all : debt;
    debt -= paid;
    slots[why] += all - paid;
}

/* Gives the cycles (from, to] to what the oldest operation waited for in each. */
static void charge_oldest(Cycle from, Cycle to) {
    while (from < to) {
        while (oldest != youngest && events[oldest % EVENTS].committed <= from) oldest++;
        Cycle end = to;
        UChar why = CHAIN;
        if (oldest != youngest) {
            why = events[oldest % EVENTS].why;
            if (events[oldest % EVENTS].committed < to) end = events[oldest % EVENTS].committed;
        }
        charge(why, end - from);
        from = end;
    }
}

void fetch_lost(UChar why, Cycle cycles) {
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

void renamed_at(Cycle fetched, Cycle renamed, UChar takes, Bool no_store_entry) {
    slots[takes]++;
    debt++;
    if (renamed > last_renamed) {
        Cycle gap = renamed - last_renamed, blocked = renamed - (fetched + FETCH_TO_RENAME);
        if (blocked > gap) blocked = gap;
        if (no_store_entry) charge(WRITING, blocked);
        Cycle left = gap - blocked, from = last_renamed;
        if (left) {
            static const UChar causes[] = {BRANCH, ORDER, CODE, TARGET, SERIAL, DIVISION};
            for (UInt i = 0; i < sizeof causes; i++)
                if (lost[causes[i]]) left = of_fetch(causes[i], left);
            Cycle for_operands = waited < left ? waited : left;
            charge(FETCH, left - for_operands);
            charge_oldest(from, from + for_operands);
        }
        if (!no_store_entry) charge_oldest(renamed - blocked, renamed);
        last_renamed = renamed;
    }
    waited = 0;
}

void committed_at(Cycle committed, UChar why) {
    if (youngest - oldest == EVENTS) oldest++;
    events[youngest++ % EVENTS] = (typeof(events[0])){committed, why};
}

const ULong *top_down(void) {
    static ULong result[CAUSES];
    Cycle end = last_commit();
    if (end > last_renamed) charge_oldest(last_renamed, end);
    last_renamed = end;
    for (UInt i = 0; i < CAUSES; i++) result[i] = slots[i];
    /* Operations that were renamed in the last cycles, and found no slot. */
    result[RETIRING] -= debt < result[RETIRING] ? debt : result[RETIRING];
    return result;
}
