/* One DDR4-2400 channel (16 devices of 4 bits, two ranks of 16 banks), as the target's controller runs it.
 *
 * Times are in picoseconds. Requests are served in the order of their calls, so two that overlap may be
 * served in the other order than there. */
#include "model.h"

enum {
    CYCLE = 286, FRONTEND = 10000, BACKEND = 10000, T_RCD = 14160, T_CL = 14160, T_RP = 14160,
    T_RAS = 32000, T_RTP = 7500, T_BURST = 3332, T_CCD_L = 5000, T_CS = 1666, T_RRD = 3332,
    T_RRD_L = 4900, T_XAW = 13328, T_RFC = 350000, T_REFI = 7800000,
    T_WR = 15000, T_WTR = 5000, T_RTW = 1666,
    RANKS = 2, BANKS = 16, GROUPS = 4, ACCESSES_PER_ROW = 16, WRITES = 64, WRITES_AT_ONCE = 16
};

typedef struct {
    Long row; /* -1: closed */
    UInt accesses;
    ULong act_allowed, pre_allowed, column_allowed;
} Bank;

static Bank banks[RANKS][BANKS];
static ULong last_command; /* of a write */
static ULong refreshed[RANKS]; /* refreshes done */
static Bool started;

static ULong later(ULong a, ULong b) { return a > b ? a : b; }

static void init(void) {
    for (UInt r = 0; r < RANKS; r++)
        for (UInt b = 0; b < BANKS; b++) banks[r][b] = (Bank){.row = -1};
    started = True;
}

/* Closes all rows for the refreshes that were due. Each begins T_RP before its interval ends. */
static void refresh(UInt rank, ULong t) {
    ULong due = (t + T_RP) / T_REFI;
    if (due <= refreshed[rank]) return;
    refreshed[rank] = due;
    ULong at = due * T_REFI - T_RP, end;
    Bool open = False;
    for (UInt b = 0; b < BANKS; b++) open |= banks[rank][b].row >= 0;
    end = at + (open ? T_RP : 0) + T_RFC;
    for (UInt b = 0; b < BANKS; b++) {
        banks[rank][b].row = -1;
        banks[rank][b].act_allowed = later(banks[rank][b].act_allowed, end);
    }
}

enum Burst { READ, WRITE };

/* The last column commands. Calls do not come in the order of their times: one that comes late is not held
 * up by what reaches the controller after it. */
enum { RECENT = 16 };
static struct {
    ULong reached, at; /* the controller; its command went out */
    UInt rank, group;
    enum Burst kind;
} recent[RECENT];
static UInt newest;

/* When a command may follow the others on the bus, and when its request is taken out of the queue. */
static ULong bus_free(ULong t, UInt rank, UInt group, enum Burst kind, ULong *taken) {
    ULong free = 0;
    for (UInt i = 0; i < RECENT; i++) {
        if (recent[i].reached > t) continue;
        ULong gap = T_BURST;
        if (rank != recent[i].rank) gap = T_BURST + T_CS;
        else if (kind != recent[i].kind) gap = kind == READ ? T_CL + T_BURST + T_WTR : T_BURST + T_RTW;
        if (rank == recent[i].rank && group == recent[i].group) gap = later(gap, T_CCD_L);
        free = later(free, recent[i].at + gap);
        if (recent[i].at + T_BURST > *taken + T_RP + T_RCD) *taken = recent[i].at + T_BURST - T_RP - T_RCD;
    }
    return free;
}

/* Opens the row if need be and moves one burst; returns when its command is given, not before `t`. */
static ULong burst(ULong physical, ULong t, enum Burst kind) {
    UInt bank = (physical >> 13) % BANKS, rank = (physical >> 17) % RANKS, group = bank % GROUPS;
    Long row = (Long)(physical >> 18);
    ULong reached = t, free = bus_free(t, rank, group, kind, &t);
    refresh(rank, t);
    Bank *b = &banks[rank][bank];
    if (b->row != row) {
        if (b->row >= 0) b->act_allowed = later(b->act_allowed, later(b->pre_allowed, t) + T_RP);
        ULong act = later(b->act_allowed, t);
        b->row = row;
        b->accesses = 0;
        b->pre_allowed = act + T_RAS;
        b->column_allowed = act + T_RCD;
        for (UInt i = 0; i < BANKS; i++) {
            Bank *other = &banks[rank][i];
            other->act_allowed = later(other->act_allowed, act + (i % GROUPS == group ? T_RRD_L : T_RRD));
        }
    } else if (kind != WRITE) {
        statistics.row_hits++;
    }
    ULong at = later(later(t, free), b->column_allowed);
    if (kind == WRITE) {
        b->pre_allowed = later(b->pre_allowed, at + T_CL + T_BURST + T_WR);
        if (++b->accesses == ACCESSES_PER_ROW) {
            b->row = -1;
            b->act_allowed = later(b->act_allowed, b->pre_allowed + T_RP);
        }
        return at;
    }
    typeof(&recent[0]) r = &recent[++newest % RECENT];
    r->reached = reached;
    r->at = at;
    r->rank = rank;
    r->group = group;
    r->kind = kind;
    b->pre_allowed = later(b->pre_allowed, kind == WRITE ? at + T_CL + T_BURST + T_WR : at + T_RTP);
    if (++b->accesses == ACCESSES_PER_ROW) {
        b->row = -1;
        b->act_allowed = later(b->act_allowed, b->pre_allowed + T_RP);
    }
    return at;
}

Cycle dram_read(ULong physical, Cycle now, Bool for_store) {
    if (!started) init();
    ULong t = now * CYCLE, at = burst(physical, t, READ);
    return (at + T_CL + T_BURST + FRONTEND + BACKEND + CYCLE - 1) / CYCLE;
}

/* Writes wait until half of their queue is full and are then done sixteen at a time, between reads. */
void dram_write(ULong physical, Cycle now) {
    static ULong waiting[WRITES];
    static UInt count;
    if (!started) init();
    waiting[count++] = physical;
    if (count < WRITES) return;
    ULong t = now * CYCLE;
    for (UInt i = 0; i < WRITES_AT_ONCE; i++) {
        ULong ahead = last_command > T_RP + T_RCD ? last_command - T_RP - T_RCD : 0;
        last_command = burst(waiting[i], later(t, ahead), WRITE);
    }
    count -= WRITES_AT_ONCE;
    for (UInt i = 0; i < count; i++) waiting[i] = waiting[i + WRITES_AT_ONCE];
}
