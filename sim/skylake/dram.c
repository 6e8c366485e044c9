/* One DDR4-2400 channel (16 devices of 4 bits, two ranks of 16 banks), as the target's controller runs it.
 *
 * Times are in picoseconds. Writes are held back while reads are few and cost nothing here. Requests are
 * served in the order of their calls, so two that overlap may be served in the other order than there. */
#include "model.h"

enum {
    CYCLE = 286, FRONTEND = 10000, BACKEND = 10000, T_RCD = 14160, T_CL = 14160, T_RP = 14160,
    T_RAS = 32000, T_RTP = 7500, T_BURST = 3332, T_CCD_L = 5000, T_CS = 1666, T_RRD = 3332,
    T_RRD_L = 4900, T_XAW = 13328, T_RFC = 350000, T_REFI = 7800000,
    RANKS = 2, BANKS = 16, GROUPS = 4, ACCESSES_PER_ROW = 16
};

typedef struct {
    Long row; /* -1: closed */
    UInt accesses;
    ULong act_allowed, pre_allowed, read_allowed;
} Bank;

static Bank banks[RANKS][BANKS];
static ULong last_command;
static UInt last_rank, last_group;
static ULong refreshed[RANKS]; /* refreshes done */
static Bool started;

static ULong later(ULong a, ULong b) { return a > b ? a : b; }

static void init(void) {
    for (UInt r = 0; r < RANKS; r++)
        for (UInt b = 0; b < BANKS; b++) banks[r][b] = (Bank){-1, 0, 0, 0, 0};
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

static ULong spacing(UInt rank, UInt group) {
    if (rank != last_rank) return T_BURST + T_CS;
    return group == last_group ? T_CCD_L : T_BURST;
}

Cycle dram_read(ULong physical, Cycle now) {
    if (!started) init();
    ULong t = now * CYCLE;
    UInt bank = (physical >> 13) % BANKS, rank = (physical >> 17) % RANKS;
    Long row = (Long)(physical >> 18);
    refresh(rank, t);
    Bank *b = &banks[rank][bank];
    ULong at = t;
    if (b->row != row) {
        if (b->row >= 0) b->act_allowed = later(b->act_allowed, later(b->pre_allowed, t) + T_RP);
        ULong act = later(b->act_allowed, t);
        b->row = row;
        b->accesses = 0;
        b->pre_allowed = act + T_RAS;
        b->read_allowed = act + T_RCD;
        for (UInt i = 0; i < BANKS; i++) {
            Bank *other = &banks[rank][i];
            ULong gap = i % GROUPS == bank % GROUPS ? T_RRD_L : T_RRD;
            if (act + gap > other->act_allowed && act < other->act_allowed + T_RFC)
                other->act_allowed = act + gap;
        }
    } else {
        statistics.row_hits++;
    }
    at = later(at, b->read_allowed);
    ULong gap = spacing(rank, bank % GROUPS);
    if (at < last_command + gap && last_command < at + gap) at = last_command + gap;
    if (at > last_command) {
        last_command = at;
        last_rank = rank;
        last_group = bank % GROUPS;
    }
    b->pre_allowed = later(b->pre_allowed, at + T_RTP);
    if (++b->accesses == ACCESSES_PER_ROW) {
        b->row = -1;
        b->act_allowed = later(b->act_allowed, b->pre_allowed + T_RP);
    }
    statistics.dram_time += at + T_CL + T_BURST - t;
    return (at + T_CL + T_BURST + FRONTEND + BACKEND + CYCLE - 1) / CYCLE;
}

void dram_write(ULong physical, Cycle now) {}
