/* What the simulated processor says of itself (processor_id.c). */
#ifndef SKYLAKE_PROCESSOR_ID_H
#define SKYLAKE_PROCESSOR_ID_H
#include "pub_tool_basics.h"
void answer_cpuid(void *guest_state);
ULong answer_rdtsc(void);
void answer_rdtscp(void *guest_state);
/* After a system call that asked for the time: puts simulated time in place of the host's. */
void answer_clock(ThreadId thread, UInt call, UWord *arguments);
void answer_own_path(ThreadId thread, UInt call, UWord *arguments);
#endif
