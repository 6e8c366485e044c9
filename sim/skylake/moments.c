/* Simulated time. It passes with the cycles of the program, and at once while it sleeps. */
#include "moments.h"
#include "counting.h"
#include "guard.h"
#include "model.h"
#include "processor_id.h"

static Moment slept;

void moments_counted(Moment length) { slept += length; }

Moment time_slept(void) { return slept; }
Moment time_worked(void) { return counting ? counted() : cycles_done(); }
Moment moment_now(void) { return time_worked() + slept; }
ULong instructions_done(void) { return counting ? counted() : statistics.instructions; }

/* What uses so little processor time for so long is ended by the sandbox natively. */
static void watch(Moment length) {
    enum { LONGEST = 20 /* seconds */, LITTLE = 50000000 /* nanoseconds */ };
    static Moment worked, idle;
    if (time_worked() - worked > duration(0, LITTLE)) {
        worked = time_worked();
        idle = 0;
    }
    idle += length;
    if (idle > duration(LONGEST, 0)) refuse("waits", "it waits without end");
}

void nap_until(Moment then) {
    Moment now = moment_now();
    if (then <= now) return;
    watch(then - now);
    slept += then - now;
    attention_reckon();
}

Bool nap_alone(Moment until) {
    Moment timer;
    while ((timer = next_timer()) < until) {
        nap_until(timer);
        if (timers_fire()) return True;
    }
    if (until != NEVER) nap_until(until);
    return False;
}

Bool sound_time(const ULong *time) { return !(time[0] >> 63) && time[1] < 1000000000; }

/* Two cycles for each of seven halves of a nanosecond; longer times than a man's life are one. */
enum { LIFE = 1000000000 };

Moment duration(ULong seconds, ULong nanoseconds) {
    if (seconds > LIFE) seconds = LIFE;
    return seconds * CLOCK_HZ + nanoseconds * (CLOCK_HZ / 500000000) / 2;
}

ULong nanoseconds_of(Moment length) { return length * 2 / (CLOCK_HZ / 500000000); }

Moment moment_of_day(ULong seconds, ULong nanoseconds) {
    return seconds < EPOCH ? 0 : duration(seconds - EPOCH, nanoseconds);
}
