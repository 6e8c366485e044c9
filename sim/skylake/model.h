/* The timing model's types: what an instruction is made of, and what the parts offer to each other.
 *
 * The target is gem5's out-of-order x86 CPU; times are its cycles. A part is one file; its state is
 * static in it. Everything is integer arithmetic, so a run costs the same on every host. */
#ifndef SKYLAKE_MODEL_H
#define SKYLAKE_MODEL_H

#include "parameters.h" /* made of gem5_configs/figures.py, see parameters.py */
#include "pub_tool_basics.h"

typedef ULong Cycle;

/* ---- delays that several parts know, of those in parameters.h ------------------------------------------- */

enum {
    FETCH_TO_EXECUTE = CORE_FETCH_TO_DECODE_DELAY + CORE_DECODE_TO_RENAME_DELAY + CORE_RENAME_TO_IEW_DELAY +
                       CORE_ISSUE_TO_EXECUTE_DELAY,
    /* From the stage that finds a wrong path out until fetch works again: the message, and one cycle. */
    DECODE_RESTART = CORE_DECODE_TO_FETCH_DELAY + 1,
    COMMIT_RESTART = CORE_IEW_TO_COMMIT_DELAY + CORE_COMMIT_TO_FETCH_DELAY + 1,
    REDIRECT = FETCH_TO_EXECUTE + COMMIT_RESTART, /* what a wrong prediction costs at least */
    /* A hit, from the request: the crossbars are passed there and back, and each level answers for itself. */
    FIRST_HIT = L1_LATENCY,
    SECOND_HIT = FIRST_HIT + CROSSBAR_FRONTEND_LATENCY + CROSSBAR_FORWARD_LATENCY + L2_TAG_LATENCY +
                 CROSSBAR_RESPONSE_LATENCY + CACHE_RESPONSE_LATENCY,
    TO_THIRD = FIRST_HIT + CROSSBAR_FRONTEND_LATENCY + CROSSBAR_FORWARD_LATENCY + L2_TAG_LATENCY,
    TO_MEMORY = TO_THIRD + CROSSBAR_FRONTEND_LATENCY + CROSSBAR_FORWARD_LATENCY + SNOOP_FILTER_LOOKUP_LATENCY +
                L3_TAG_LATENCY,
    /* An answer of the third level, or of memory behind it, on its way up. */
    FROM_SECOND = CROSSBAR_RESPONSE_LATENCY + CACHE_RESPONSE_LATENCY,
    FROM_THIRD = CROSSBAR_RESPONSE_LATENCY + CACHE_RESPONSE_LATENCY + FROM_SECOND,
    THIRD_HIT = TO_MEMORY + FROM_THIRD
};

/* ---- micro-operations ---------------------------------------------------------------------------- */

/* Classes of operations; the ports that begin them and their latency are in ports.c. */
enum Class {
    NO_UNIT, INT_ALU, INT_MUL, INT_DIV, FLOAT_ADD, FLOAT_MUL, FLOAT_DIV, FLOAT_SQRT, SIMD_ALU,
    SIMD_MISC, SIMD_CVT, SIMD_MUL, SIMD_FADD, SIMD_FMUL, SIMD_FDIV, SIMD_FSQRT, LOAD, STORE, CLASSES
};

/* Registers as the renamer sees them. 0 is no register. */
enum {
    R_NONE = 0,
    R_GPR = 1,        /* 16 */
    R_T = 17,         /* the micro-code's integer temporaries t0..t15 (t0 reads as zero: R_NONE) */
    R_PRODLO = 33, R_PRODHI, R_QUOT, R_REM, R_DIVISOR, R_DOUBLEBITS,
    R_XMM = 40,       /* 32: low and high half of each */
    R_UFP = 72,       /* 8 temporaries */
    R_ST = 80,        /* 8 x87 and MMX registers */
    R_ZAPS = 90, R_CFOF, R_DF, R_ECF, R_EZF,
    R_NOWHERE = 95,   /* written by who writes less, read by nobody */
    R_COUNT = 96
};
#define IS_INT(r) ((r) < R_XMM)
#define IS_FLOAT(r) ((r) >= R_XMM && (r) < R_ZAPS)

enum { SRCS = 6, DSTS = 4 };

/* Which recorded address a memory operation uses. */
enum { MEM_LOAD, MEM_STORE };

enum {
    U_SERIALIZE_AFTER = 1, /* nothing younger is renamed before it has committed */
    U_TRAP = 2,            /* a system call: commits, then everything restarts */
    U_BARRIER = 4,         /* memory barrier */
    U_OLDEST = 32,         /* begins only as the oldest of all, when no store is left to be written */
    U_BRANCH = 8,
    U_TAKEN = 16, /* a branch inside the micro-code that always goes the same way: taken */
};

typedef struct {
    UChar cls, flags, nsrc, ndst;
    UChar src[SRCS];
    UChar dst[DSTS];
    UChar slot;   /* MEM_LOAD or MEM_STORE */
    UChar size;   /* bytes of a memory access */
    UChar offset; /* from the recorded address */
    /* What follows from the others (uop_facts): */
    UChar latency, ints, floats; /* integer and floating-point registers that it renames */
    UChar kept;                  /* the cause of waiting when it is the oldest */
    Bool rare, only_computes;    /* flags beside those of branches; no more than integers and ports */
    UShort holds;                /* what it holds until it commits (top_down.h) */
    UShort ports;
} Uop;

/* ---- instructions ------------------------------------------------------------------------------------ */

enum Kind { K_PLAIN, K_COND, K_JUMP, K_CALL, K_INDIRECT, K_INDIRECT_CALL, K_RET };
enum Loop { L_NONE, L_DIVIDE, L_REPEAT, L_GATHER };

/* What an instruction does to registers, as far as a wrong path follows it (effects.c): operands by number. */
enum { NO_REGISTER = 16, REGISTERS };
typedef struct {
    UChar form, which;    /* what is done with the operands; the arithmetic operation */
    UChar to, from;       /* registers; NO_REGISTER where there is none, or a number */
    UChar to_shift, from_shift; /* where a byte lies in them */
    UChar size;           /* bytes of its operands */
    UChar base, index, scale; /* of its address */
    UChar loaded, bytes, width; /* what is done with what it loads; how many bytes; width of the register written */
    UChar condition;      /* of a branch */
    Bool sign, reversed; /* the loaded value: has a sign; is the right one of two operands */
    Bool loads, memory, unknown, flags, pushes; /* it loads; has an address, which cannot be known; writes flags */
    UShort forgets, needs; /* a bit for each register that it writes; and of its address */
    ULong offset, number; /* of its address, with the next instruction's where it is relative to it */
} Effect;

typedef struct Inst {
    Addr pc;
    Addr target; /* of a direct branch */
    UChar len, kind, loop;
    UChar pre, body, nuops; /* of a micro-coded loop, or a gather's loads: [0,pre) body [pre,pre+body) rest; else nuops */
    UChar known;            /* the decoder knows this instruction */
    Bool by_memory;         /* the translator does it by accesses to memory that are not its own */
    UChar size;             /* bytes of its operands */
    Bool is_signed;         /* of a division */
    Bool straight;          /* no branch of its micro-code, and no system call, comes before its end */
    Bool accesses;          /* it loads or stores */
    Effect effect;
    struct Inst *next_hash;
    struct Inst *following; /* the instruction behind it, as it was found last, and when (instructions.c) */
    UInt following_found;
    UInt number; /* of all instructions that were decoded */
    ULong executed_unknown; /* how often, if it is not known */
    struct Tally *tally; /* annotate.c; NULL until it is counted */
    ULong bytes[2]; /* its code, to notice that it has changed */
    Uop *uops;
} Inst;

enum { MAX_UOPS = 64 };

/* Decodes the instruction at `code` (guest address `pc`); at most `room` bytes may be read. */
void decode(Inst *inst, Uop uops[MAX_UOPS], Addr pc, const UChar *code, UInt room);
/* The decoded instruction at a guest address; NULL where no code can be read. */
Inst *instruction_at(Addr pc);
/* The same for what lies behind an instruction: faster, if it was asked for before. */
Inst *instruction_behind(Inst *inst);

/* The instruction of a number. */
Inst *instruction_numbered(UInt number);

/* Writes the unknown instructions that were executed most often, as bytes and how often. */
void unknown_instructions(void);

/* One executed instruction, as the instrumented code recorded it. */
typedef struct {
    Addr load, store; /* first address read, first written; 0 is none recorded */
    ULong quotient;   /* of a division */
    const ULong *loads; /* of a gather: the address of each element, 0 for one that is not wanted */
    Bool iterated;    /* a repeated string instruction did one step */
} Event;

/* ---- parts --------------------------------------------------------------------------------------------- */

/* front_end.c: passes one instruction, whose successor is `next`, through the whole model. */
void execute(Inst *inst, const Event *event, Addr next);
/* The same for those that need no more than their addresses: no loops, no jumps within, no system calls. */
void execute_simple(Inst *inst, Addr load, Addr store, Addr next);
Bool executes_simply(const Inst *inst);
void front_end_init(void);

/* back_end.c: one micro-operation from fetch (cycle) to commit. */
typedef struct {
    Cycle decoded, executed, committed;
    Bool replayed; /* a load overtook a store it depends on: refetch from `restart` */
    Cycle restart;
} Passed;
/* `takes`: RETIRING, or DIVISION for a step of a division. */
void pass(const Uop *uop, Cycle fetched, Addr load, Addr store, Addr pc, UChar takes, Passed *out);
/* The earliest fetch cycle that the fetch queue allows, when `ahead` operations have not been passed yet. */
Cycle fetch_room(UInt ahead);
/* Whether rename is behind in `now`, or will be with the operations that have not been passed yet. */
Bool rename_late(Cycle now, const Uop *const *ahead, UInt count);
Cycle last_commit(void);
/* So many renamed operations are dropped: decode of the next that is fetched has to wait for that. */
void squash(UInt dropped);
/* Fills in what follows from what an operation is. */
void uop_facts(Uop *uop);
Cycle last_rename(void);
/* How often an operation was passed, with those that were passed again; and how many of them took places. */
ULong operations_passed(void), operations_placed(void);
/* memory_order.c: a store on a wrong path has come as far as the issue queue, and is gone. */
void store_squashed(Addr pc);
/* Whether a load on a wrong path finds its bytes, or some of them, in the store queue. */
Bool store_covers(Addr address, UInt size, Cycle executed);
/* Sends to the cache the stores whose turn comes up to this cycle: whoever asks it in program order for a
 * later time does not see their misses. */
void send_stores(Cycle until);
void back_end_init(void);

/* caches.c */
enum Side { INSTRUCTION, DATA };
/* The cycle in which the data of an access made in cycle `now` is there. */
Cycle cache_access(enum Side side, Addr address, Bool write, Cycle now);
void caches_init(void);
/* What it costs a program to clear a page by itself, by where the page's lines are. */
Cycle clearing(ULong physical);
/* Shortcuts by the program's addresses are over: what they lead to has to be looked up again. */
void caches_forget(void);
/* dram.c: the cycle in which the memory controller answers a read that reaches it in `now`. */
Cycle dram_read(ULong physical, Cycle now, Bool for_store);
void dram_write(ULong physical, Cycle now);
/* memory_map.c: the last address that can be read (INSTRUCTION: and executed) without a gap from `address` on,
 * or 0. */
Addr readable_until(enum Side side, Addr address);
/* Whether mapped files have all pages of a range that the program may use. */
Bool memory_present(const void *address, SizeT size);
/* To be called after each system call. */
void memory_map_changed(void);
/* pages.c: physical addresses as the simulator gives them out. */
ULong physical(Addr address);
void pages_init(Addr headers, UInt count);
/* The program has given pages back: should it touch them again, the system clears them first. */
void pages_given_back(Addr start, ULong length);
/* Their contents are elsewhere now; before that, what was there has been given back. */
void pages_moved(Addr from, Addr to, ULong length);
/* What of so many cycles' clearing by the system is beyond what is free. */
Cycle clearing_to_pay(Cycle cycles);
/* The cycles of a run up to now: those of its last instruction, and what it pays for what the system did. */
Cycle cycles_done(void);

/* branch.c */
typedef struct {
    Addr target;
    Bool taken;
} Prediction;
struct Pending;
void branch_init(void);
/* Predicts the branch at `pc` in cycle `now`, with its kind, static target and fall-through. On a wrong path the
 * caller keeps what is needed to correct it. */
Prediction predict(Addr pc, UChar kind, Addr target, Addr fallthrough, Cycle now, struct Pending *ghost);
/* A prediction was found out to be wrong: histories are put back, the target is learned. */
void history_correct(const struct Pending *b, Addr actual, Bool taken);
/* What the last predicted branch of the right path did; returns a name for it. */
UInt resolve(Addr actual, Bool taken, Bool mispredicted);
void branch_commits(UInt which, Cycle commit);
void history_save(void);
void history_restore(void);
/* wrong_path.c: the number of the system call under way, which stays in rax behind it until it commits. */
void call_begins(UInt call);
/* The program has asked the system for random bytes: the target draws each from the predictor's generator. */
void bytes_drawn(ULong count);

/* ---- where the cycles went (top_down.c) ------------------------------------------------------------------ */

enum Cause {
    RETIRING, FETCH, CODE, TARGET, BRANCH, ORDER, L1, L2, L3, MEMORY, WRITING, CHAIN, DIVISION, SERIAL, CAUSES
};
/* Fetch could not work for so many cycles, since the operation fetched last. */
void fetch_lost(UChar why, Cycle cycles);
/* The last operation's own slot counts as `takes`; RETIRING unless this is called. */
void takes_slot(UChar takes);
/* Slots by cause up to now; together four for each cycle. To be asked once, at the end. */
const ULong *top_down(void);

/* annotate.c: called around `execute`, they count for the instruction. */
void tally_before(void);
void tally_after(Inst *inst);
/* The same around `pass`. */
void tally_passing(void);
void tally_passed(Inst *inst);
extern Bool annotating;
void annotations(void);

/* ---- statistics -------------------------------------------------------------------------------------------- */

typedef struct {
    ULong instructions, l1i_accesses, l1i_misses, l1d_accesses, l1d_misses, l2_misses, l3_misses,
        mispredictions, decode_redirects, replays, unknown, row_hits, loads, stores, syscalls,
        cleared_again;
} Statistics;
extern Statistics statistics;

#endif
