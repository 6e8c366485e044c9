/* One DDR4-2400 channel (16 devices of 4 bits, two ranks of 16 banks), as the target's controller runs it.
 *
 * Times are in picoseconds. Requests are served in the order in which they reach the controller; where several
 * reads wait at once, the target takes one whose row is open first, which is left out. */
#include "model.h"

enum {
    CYCLE = (1000000000000 + CLOCK_HZ / 2) / CLOCK_HZ, /* gem5 rounds it to whole picoseconds */
    FRONTEND = MEMORY_STATIC_FRONTEND_LATENCY, BACKEND = MEMORY_STATIC_BACKEND_LATENCY, T_RCD = DRAM_T_RCD,
    T_CL = DRAM_T_CL, T_RP = DRAM_T_RP, T_RAS = DRAM_T_RAS, T_RTP = DRAM_T_RTP, T_BURST = DRAM_T_BURST,
    T_CCD_L = DRAM_T_CCD_L, T_CS = DRAM_T_CS, T_RRD = DRAM_T_RRD, T_RRD_L = DRAM_T_RRD_L, T_RFC = DRAM_T_RFC,
    T_REFI = DRAM_T_REFI, T_WR = DRAM_T_WR, T_WTR = DRAM_T_WTR, T_RTW = DRAM_T_RTW,
    RANKS = DRAM_RANKS_PER_CHANNEL, BANKS = DRAM_BANKS_PER_RANK,
    GROUPS = DRAM_BANK_GROUPS_PER_RANK, ROW_BYTES = DRAM_DEVICE_ROWBUFFER_SIZE * DRAM_DEVICES_PER_RANK,
    ACCESSES_PER_ROW = DRAM_MAX_ACCESSES_PER_ROW,
    WRITES = DRAM_WRITE_BUFFER_SIZE * MEMORY_WRITE_LOW_THRESH_PERC / 100,
    WRITES_AT_ONCE = MEMORY_MIN_WRITES_PER_SWITCH
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
enum { RECENT = 32 };
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
        ULong gap = rank != recent[i].rank ? T_BURST + T_CS : group == recent[i].group ? T_CCD_L : T_BURST;
        if (rank == recent[i].rank && kind != recent[i].kind)
            gap = kind == READ ? T_CL + T_BURST + T_WTR : T_BURST + T_RTW;
        free = later(free, recent[i].at + gap);
        if (recent[i].at + T_BURST > *taken + T_RP + T_RCD) *taken = recent[i].at + T_BURST - T_RP - T_RCD;
    }
    return free;
}

/* Opens the row if need be and moves one burst; returns when its command is given, not before `t`. */
static ULong burst(ULong physical, ULong t, enum Burst kind) {
    UInt bank = physical / ROW_BYTES % BANKS, rank = physical / ROW_BYTES / BANKS % RANKS, group = bank % GROUPS;
    Long row = (Long)(physical / ROW_BYTES / BANKS / RANKS);
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
    recent[++newest % RECENT] = (typeof(recent[0])){reached, at, rank, group, kind};
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

/* When a write's column command could be given at the earliest, but for the bus. */
static ULong ready_at(ULong physical, ULong t) {
    const Bank *b = &banks[physical / ROW_BYTES / BANKS % RANKS][physical / ROW_BYTES % BANKS];
    if (b->row == (Long)(physical / ROW_BYTES / BANKS / RANKS)) return later(t, b->column_allowed);
    ULong act = b->row < 0 ? t : later(b->pre_allowed, t) + T_RP;
    return later(b->act_allowed, act) + T_RCD;
}

/* Writes wait until half of their queue is full and are then done sixteen at a time, between reads: each time the
 * first that does not keep the bus waiting, or the one that is ready first. */
void dram_write(ULong physical, Cycle now) {
    static ULong waiting[WRITES];
    static UInt count;
    if (!started) init();
    waiting[count++] = physical;
    if (count < WRITES) return;
    ULong t = now * CYCLE;
    for (UInt i = 0; i < WRITES_AT_ONCE; i++) {
        UInt best = 0;
        ULong at = ~0ULL, bus = later(t, last_command + T_BURST);
        t = later(t, last_command > T_RP + T_RCD ? last_command - T_RP - T_RCD : 0);
        for (UInt k = 0; k < count && at > bus; k++) {
            ULong could = ready_at(waiting[k], t);
            if (could >= at) continue;
            at = could;
            best = k;
        }
        last_command = burst(waiting[best], t, WRITE);
        count--;
        for (UInt k = best; k < count; k++) waiting[k] = waiting[k + 1];
    }
}
