/* Instrumentation of VEX's superblocks (blocks.c). */
#ifndef SKYLAKE_BLOCKS_H
#define SKYLAKE_BLOCKS_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"
#include "model.h"

typedef struct {
    Inst *inst;
    UShort load, store, other; /* places among the recorded values; other: a quotient, or a gather's first element */
    Bool simple, accesses; /* accesses: that of its instruction */
} Step;

/* A superblock, as it was translated. */
typedef struct {
    Addr start;
    UInt count;
    UInt passed;      /* how often, since the run is long enough for memo.c */
    UInt number;      /* memo.c's name for it */
    Addr behind;      /* where its last instruction ends */
    Bool interprets;  /* it belongs to the interpreter's loop (lines.c) */
    UChar remembered; /* whether that is of use: not known, no, yes (memo.c) */
    Step steps[];
} Block;
enum { MAX_VALUES = 1024, NO_VALUE = 0 };
extern ULong values[MAX_VALUES]; /* what the block under way has recorded; the first stays 0: nothing was */
/* Passes the first `count` instructions of the block under way. */
void blocks_steps(const Block *block, UInt count, Addr next);

IRSB *blocks_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                        const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                        IRType host_word);
/* What both modes add to a block. The first one of all begins with the target's stack. */
void begin_process(VgCallbackClosure *closure, IRSB *out, const VexGuestLayout *layout);
/* What asks for the processor or its clock asks for the target's. */
void replace_identification(IRDirty *d);
/* A client request would speak to this tool: to the program it is a sequence of no effect. */
void without_requests(IRSB *out);
/* A signal is about to be delivered where the program is at `at`: a fault inside a block leaves it there. */
void blocks_interrupted(Addr at);
/* Passes the last executed block to the model; what comes behind it is no part of it. */
void blocks_pass(Addr next);
/* Whether counts are kept for each instruction's address. */
extern Bool annotating;
/* Ends the run where a limit is reached (tool.c). */
void stop_at_limits(void);
#endif
