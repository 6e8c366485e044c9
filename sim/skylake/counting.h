/* The counting mode (counting.c): instructions alone, and no model. */
#ifndef SKYLAKE_COUNTING_H
#define SKYLAKE_COUNTING_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

/* Whether the run counts instructions alone. An instruction is a cycle then. */
extern Bool counting;
/* Instructions up to now, with all of those of the block under way. */
ULong counted(void);
void counting_init(ULong most_instructions, ULong most_cycles); /* 0: no limit */
void counting_limits(ULong most_instructions, ULong most_cycles); /* other limits of the run under way */
IRSB *counting_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                          const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                          IRType host_word);
/* At that count, or at the end of the budget, `attend` is called, or the run ends. */
void counting_until(ULong next);
void counting_ends_block(void); /* the block under way has come to its end, as in a system call */
void counting_elsewhere(void);  /* and another thread goes on */
void counting_signal(ThreadId thread, Int sent, Bool other_stack);
/* The block under way may have been cut short, at the thread's instruction pointer. */
void counting_settle(ThreadId thread);
/* Ends the run: its budget is used up (tool.c). */
void end_of_budget(void);
#endif
