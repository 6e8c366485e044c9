/* Simulated time: clocks, naps and timers (moments.c, timers.c). */
#ifndef SKYLAKE_MOMENTS_H
#define SKYLAKE_MOMENTS_H
#include "pub_tool_basics.h"

/* Moments are cycles since the start of the program; what it slept counts as well, but costs nothing. */
typedef ULong Moment;
enum { EPOCH = 1000000000 /* seconds; where the time of day begins */ };
#define NEVER (~0ULL)

Moment moment_now(void);
/* Its two parts: in which it executed, and in which it slept. */
Moment time_worked(void);
Moment time_slept(void);
/* So much time has passed in which instructions were counted, and the model not asked. */
void moments_counted(Moment length);
/* Executed instructions, as far as they have been counted. */
ULong instructions_done(void);
/* Lets time pass until `then` in which nothing is executed. */
void nap_until(Moment then);
/* The same for the only thread, which a signal of a timer wakes; whether one did. */
Bool nap_alone(Moment until);
/* Whether seconds and nanoseconds are a time that the kernel takes. */
Bool sound_time(const ULong *time);
/* `seconds` and nanoseconds as cycles, and back as nanoseconds. */
Moment duration(ULong seconds, ULong nanoseconds);
ULong nanoseconds_of(Moment length);
/* The moment of a time of day. */
Moment moment_of_day(ULong seconds, ULong nanoseconds);

/* A system call that concerns timers: whether it is answered, and with what. */
Bool timer_call(UInt call, const UWord *arguments, Long *answer);
/* When the next one ends, if nothing but time passes. */
Moment next_timer(void);
/* Sends the signals of those that have ended; whether one of them will be heard now. */
Bool timers_fire(void);
/* Sends the program a signal, which is heard when signals are polled next; 0 or an error number. */
Int send_signal(Int number, Bool to_thread);
/* Whether one was sent since it was last asked. */
Bool signal_sent(void);

/* answers.c: has `attention` given when the block under way ends. */
void attend(void);
/* tool.c: what interrupts the program from outside, looked for at each block. */
extern struct Attention {
    ULong instructions, cycles; /* beyond either, `attend` is called between two blocks */
} attention;
/* Sets it anew, by what comes first: a budget, a timer, the end of a thread's turn. */
void attention_reckon(void);
#endif
