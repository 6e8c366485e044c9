/* How often each instruction was executed, in the mode `counts` with --annotate=yes (executed.c). */
#ifndef SKYLAKE_EXECUTED_H
#define SKYLAKE_EXECUTED_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

/* Instructions that are executed together. */
typedef struct Executed {
    ULong times;
    ULong repeated_times;
    Addr repeated; /* a repeated string instruction among them, which counts with the first of its steps; 0: none */
    struct Executed *next;
    UInt count;
    Addr at[];
} Executed;

/* A new one with room for so many. */
Executed *executed_together(UInt most);
/* Tells of all in the log, as annotate.c does: an instruction costs one cycle. */
void executed_end(void);
#endif
