/* The initial stack (start.c). */
#ifndef SKYLAKE_START_H
#define SKYLAKE_START_H
#include "pub_tool_basics.h"
/* Rewrites the initial stack at `sp`; returns the stack pointer to begin with. */
Addr start_stack(Addr sp);
#endif
