/* The program's threads, of which one runs at a time (threads.c). */
#ifndef SKYLAKE_THREADS_H
#define SKYLAKE_THREADS_H
#include "pub_tool_basics.h"
#include "moments.h"

/* The number of the thread that runs, as the system tells it; whether it is the only one. */
UInt thread_number(void);
Bool thread_alone(void);
/* A system call that concerns threads: whether it is answered. If so, rax of the thread that runs then, perhaps
 * another one, is set. */
Bool thread_call(UInt call, const UWord *arguments);
/* The thread that runs sleeps until then; its call is answered with 0, or made again. */
void thread_naps(Moment until, Bool again);
/* When the call that it makes again ends at last; 0: it makes none. */
Moment *thread_deadline(void);
/* Between two blocks: whose time is over wakes, whose turn is over makes room. */
void threads_attend(void);
/* When that is to be looked for: in executed instructions, and the moment. */
ULong turn_ends(void);
Moment next_waking(void);
#endif
