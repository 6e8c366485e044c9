/* Instrumentation of VEX's superblocks (blocks.c). */
#ifndef SKYLAKE_BLOCKS_H
#define SKYLAKE_BLOCKS_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

IRSB *blocks_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                        const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                        IRType host_word);
/* Passes the last executed block to the model; what comes behind it is no part of it. */
void blocks_pass(Addr next);
/* Whether counts are kept for each instruction's address. */
extern Bool annotating;
/* Ends the run where a limit is reached (tool.c). */
void stop_at_limits(void);
#endif
