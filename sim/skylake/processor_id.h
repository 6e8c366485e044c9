/* What the simulated processor says of itself (processor_id.c). */
#ifndef SKYLAKE_PROCESSOR_ID_H
#define SKYLAKE_PROCESSOR_ID_H
#include "pub_tool_basics.h"
void answer_cpuid(void *guest_state);
ULong answer_rdtsc(void);
#endif
