/* What the simulated processor says of itself (processor_id.c). */
#ifndef SKYLAKE_PROCESSOR_ID_H
#define SKYLAKE_PROCESSOR_ID_H
#include "pub_tool_basics.h"
enum { USER = 100, /* who the program is, and whose all files are: the simulator's own number */
       PROCESS = (1 << 22) + 1 /* its number: above all that Linux gives, so that it is nobody else's */ };
void answer_cpuid(void *guest_state);
/* Whether the program is an interpreter: its modules, which are loaded later, are shown a richer processor. */
extern Bool interprets;
void library_chosen(UInt call); /* before each call */
ULong answer_rdtsc(void);
void answer_rdtscp(void *guest_state);
ULong answer_rdrand(void);
/* After a system call that succeeded: fixed bytes in place of random ones, */
void answer_random(UInt call, UWord *arguments, UWord count);
/* nothing of a file's place and age (files.c), */
void files_init(void);
void files_restart(void); /* with other standard streams, before it asked for any file */
void answer_files(UInt call, UWord *arguments, UWord result);
/* the simulated machine in place of the host (host.c), */
void answer_host(ThreadId thread, UInt call, UWord *arguments, UWord result);
void answer_failed(ThreadId thread, UInt call, const UWord *arguments); /* after one that failed */
void answer_missing(ThreadId thread); /* there is no such file */
/* and simulated time in place of the host's. */
void answer_clock(ThreadId thread, UInt call, UWord *arguments);
void answer_own_path(ThreadId thread, UInt call, UWord *arguments);
#endif
