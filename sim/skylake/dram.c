/* One DDR4-2400 channel (16 devices of 4 bits, two ranks of 16 banks), as the target's controller runs it.
 *
 * Times are in picoseconds. Requests are served in the order of their calls, so two that overlap may be
 * served in the other order than there. */
#include "model.h"

enum {
    CYCLE = (1000000000000 + CLOCK_HZ / 2) / CLOCK_HZ, /* gem5 rounds it to whole picoseconds */
    FRONTEND = MEMORY_STATIC_FRONTEND_LATENCY, BACKEND = MEMORY_STATIC_BACKEND_LATENCY, T_RCD = DRAM_T_RCD,
    T_CL = DRAM_T_CL, T_RP = DRAM_T_RP, T_RAS = DRAM_T_RAS, T_RTP = DRAM_T_RTP, T_BURST = DRAM_T_BURST,
    T_CCD_L = DRAM_T_CCD_L, T_RRD = DRAM_T_RRD, T_RRD_L = DRAM_T_RRD_L, T_RFC = DRAM_T_RFC,
    T_REFI = DRAM_T_REFI, T_WR = DRAM_T_WR, RANKS = DRAM_RANKS_PER_CHANNEL, BANKS = DRAM_BANKS_PER_RANK,
    GROUPS = DRAM_BANK_GROUPS_PER_RANK, ROW_BYTES = DRAM_DEVICE_ROWBUFFER_SIZE * DRAM_DEVICES_PER_RANK,
    ACCESSES_PER_ROW = DRAM_MAX_ACCESSES_PER_ROW,
    WRITES = DRAM_WRITE_BUFFER_SIZE * MEMORY_WRITE_LOW_THRESH_PERC / 100,
    WRITES_AT_ONCE = MEMORY_MIN_WRITES_PER_SWITCH
};

typedef struct {
    Long row; /* -1: closed */
    UInt accesses;
    ULong act_allowed, pre_allowed, column_allowed;
    ULong last[2]; /* the last column command: of stores' reads, and of the others */
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

/* The data bus, by slots of one burst. Stores are given their times far ahead of the loads and fetches that
 * follow them, so the bus is a calendar in which a later call can find an earlier slot. */
enum { SLOTS = 1 << 15 };
static UInt calendar[SLOTS];

static ULong take_slot(ULong at) {
    ULong slot = at / T_BURST;
    while (calendar[slot % SLOTS] == (UInt)slot + 1) slot++;
    calendar[slot % SLOTS] = (UInt)slot + 1;
    return slot * T_BURST > at ? slot * T_BURST : at;
}

enum Burst { READ, READ_FOR_STORE, WRITE };
/* Other calls may have gone this far ahead without holding up this one, in picoseconds. */
enum { AHEAD = 1000000 };

/* Opens the row if need be and moves one burst; returns when its command is given, not before `t`. */
static ULong burst(ULong physical, ULong t, enum Burst kind) {
    UInt bank = physical / ROW_BYTES % BANKS, rank = physical / ROW_BYTES / BANKS % RANKS;
    Long row = (Long)(physical / ROW_BYTES / BANKS / RANKS);
    refresh(rank, t);
    Bank *b = &banks[rank][bank];
    ULong at = t;
    if (b->row != row) {
        if (b->row >= 0) b->act_allowed = later(b->act_allowed, later(b->pre_allowed, t) + T_RP);
        ULong act = later(b->act_allowed, t);
        b->row = row;
        b->accesses = 0;
        b->pre_allowed = act + T_RAS;
        b->column_allowed = act + T_RCD;
        for (UInt i = 0; i < BANKS; i++) {
            Bank *other = &banks[rank][i];
            ULong gap = i % GROUPS == bank % GROUPS ? T_RRD_L : T_RRD;
            if (act + gap > other->act_allowed && act < other->act_allowed + T_RFC)
                other->act_allowed = act + gap;
        }
    } else if (kind != WRITE) {
        statistics.row_hits++;
    }
    ULong *last = &b->last[kind == READ];
    if (b->column_allowed < t + AHEAD) at = later(at, b->column_allowed);
    if (*last < t + AHEAD) at = later(at, *last + T_CCD_L);
    at = take_slot(at);
    *last = later(*last, at);
    b->pre_allowed = later(b->pre_allowed, kind == WRITE ? at + T_CL + T_BURST + T_WR : at + T_RTP);
    if (++b->accesses == ACCESSES_PER_ROW) {
        b->row = -1;
        b->act_allowed = later(b->act_allowed, b->pre_allowed + T_RP);
    }
    return at;
}

Cycle dram_read(ULong physical, Cycle now, Bool for_store) {
    if (!started) init();
    ULong t = now * CYCLE, at = burst(physical, t, for_store ? READ_FOR_STORE : READ);
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
