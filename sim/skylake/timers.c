/* Timers on simulated time: alarm, setitimer, timer_create.
 *
 * One that ends sends its signal, which is heard at the end of the block under way: at the same place in each run. */
#include "answers.h"
#include "guard.h"
#include "model.h"
#include "moments.h"
#include "threads.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

/* The three of setitimer come first, in its order: by the clock, by processor time, by that of the program and
 * the system. The last two are one here, since calls cost the program itself. */
enum { BY_CLOCK, BY_WORK, BY_ALL_WORK, FIRST_MADE, MOST = 35 };
enum { REALTIME, MONOTONIC, PROCESS_TIME, THREAD_TIME };

typedef struct {
    Bool given, works, silent; /* exists; counts what was executed only; sends nothing */
    Int number;                /* of the signal */
    Moment due, period;        /* NEVER: it does not run */
} Timer;

static Timer timers[MOST] = {
    [BY_CLOCK] = {True, False, False, VKI_SIGALRM, NEVER, 0},
    [BY_WORK] = {True, True, False, VKI_SIGVTALRM, NEVER, 0},
    [BY_ALL_WORK] = {True, True, False, VKI_SIGPROF, NEVER, 0},
};

static Moment now_for(const Timer *t) { return t->works ? moment_now() - time_slept() : moment_now(); }
static Moment left(const Timer *t) {
    Moment now = now_for(t);
    return t->due == NEVER ? 0 : t->due > now ? t->due - now : 1;
}

static void set(Timer *t, Moment length, Moment period) {
    t->due = length ? now_for(t) + length : NEVER;
    t->period = period;
    attention_reckon();
}

Moment next_timer(void) {
    Moment next = NEVER;
    for (UInt i = 0; i < MOST; i++) {
        const Timer *t = &timers[i];
        if (!t->given || t->due == NEVER) continue;
        Moment then = t->works ? t->due + time_slept() : t->due;
        if (then < next) next = then;
    }
    return next;
}

Bool timers_fire(void) {
    Bool heard = False;
    for (UInt i = 0; i < MOST; i++) {
        Timer *t = &timers[i];
        if (!t->given || t->due > now_for(t)) continue;
        if (t->period) t->due += (now_for(t) - t->due) / t->period * t->period + t->period;
        else t->due = NEVER;
        if (t->silent) continue;
        send_signal(t->number, False);
        heard |= signal_heard(t->number);
    }
    attention_reckon();
    return heard;
}

/* ---- calls ------------------------------------------------------------------------------------------------ */

/* As the kernel has them: a period and the time until the end, in seconds and a unit of them. */
typedef struct {
    Long period, period_rest, value, value_rest;
} Setting;

static Bool sound(const Setting *s, Long unit) {
    return s->period >= 0 && s->value >= 0 && (ULong)s->period_rest < (ULong)unit && (ULong)s->value_rest < (ULong)unit;
}

enum { MICRO = 1000000, NANO = 1000000000 };

static void tell(Setting *to, const Timer *t, Long unit) {
    ULong value = nanoseconds_of(left(t)), period = nanoseconds_of(t->period);
    *to = (Setting){period / NANO, period % NANO / (NANO / unit), value / NANO, value % NANO / (NANO / unit)};
    if (left(t) && !to->value && !to->value_rest) to->value_rest = 1;
}

/* setitimer and timer_settime: `absolute`, the time until the end is one of the day. */
static Long change(Timer *t, const Setting *given, Setting *old, Long unit, Bool absolute) {
    if (!readable(given, sizeof *given) || (old && !writable(old, sizeof *old))) return -VKI_EFAULT;
    Setting s = *given;
    if (!sound(&s, unit)) return -VKI_EINVAL;
    if (old) tell(old, t, unit);
    Moment length = duration(s.value, s.value_rest * (NANO / unit));
    if (absolute && length) {
        Moment then = moment_of_day(s.value, s.value_rest * (NANO / unit));
        length = then > moment_now() ? then - moment_now() : 1;
    }
    set(t, length, duration(s.period, s.period_rest * (NANO / unit)));
    return 0;
}

static Long alarm(UInt seconds) {
    Timer *t = &timers[BY_CLOCK];
    ULong before = left(t) ? (nanoseconds_of(left(t)) + NANO / 2) / NANO : 0;
    if (left(t) && !before) before = 1;
    set(t, duration(seconds, 0), 0);
    return before;
}

/* As the kernel has it. */
typedef struct {
    ULong value;
    Int number, notice, thread;
} Notice;

static Long make(UWord clock, const Notice *n, Int *identity) {
    enum { SIGNAL, NONE, THREAD, TO_THREAD = 4, MOST_SIGNALS = 64 };
    if (!writable(identity, sizeof *identity) || (n && !readable(n, sizeof *n))) return -VKI_EFAULT;
    if (n && n->notice == TO_THREAD && n->thread != (Int)thread_number())
        refuse("timers", "it has a thread wait for a timer");
    if (n && (n->notice & ~TO_THREAD & ~NONE)) return -VKI_EINVAL;
    if (n && n->notice != NONE && (n->number < 1 || n->number >= MOST_SIGNALS)) return -VKI_EINVAL;
    for (UInt i = FIRST_MADE; i < MOST; i++) {
        if (timers[i].given) continue;
        Bool works = clock == PROCESS_TIME || clock == THREAD_TIME;
        timers[i] = (Timer){True, works, n && n->notice == NONE, n ? n->number : VKI_SIGALRM, NEVER, 0};
        *identity = i - FIRST_MADE;
        return 0;
    }
    return -VKI_EAGAIN;
}

Bool timer_call(UInt call, const UWord *a, Long *answer) {
    enum { ABSOLUTE = 1 };
    UInt place = call == __NR_setitimer || call == __NR_getitimer ? (UInt)a[0] : FIRST_MADE + (UInt)a[0];
    Bool known = place < MOST && timers[place].given && (place < FIRST_MADE) == (place == (UInt)a[0]);
    Timer *t = &timers[known ? place : 0];
    switch (call) {
    case __NR_alarm: *answer = alarm((UInt)a[0]); return True;
    case __NR_timer_create: *answer = make(a[0], (const Notice *)a[1], (Int *)a[2]); return True;
    case __NR_timerfd_create: refuse("timers", "it waits for a timer by a descriptor");
    case __NR_setitimer:
    case __NR_getitimer:
    case __NR_timer_settime:
    case __NR_timer_gettime:
    case __NR_timer_getoverrun:
    case __NR_timer_delete: break;
    default: return False;
    }
    *answer = known ? 0 : -VKI_EINVAL;
    if (!known) return True;
    static const Setting none;
    Setting *to = (Setting *)a[1];
    switch (call) {
    case __NR_setitimer: *answer = change(t, a[1] ? to : &none, (Setting *)a[2], MICRO, False); break;
    case __NR_timer_settime: *answer = change(t, (const Setting *)a[2], (Setting *)a[3], NANO, a[1] & ABSOLUTE); break;
    case __NR_getitimer:
    case __NR_timer_gettime:
        if (!writable(to, sizeof *to)) *answer = -VKI_EFAULT;
        else tell(to, t, call == __NR_getitimer ? MICRO : NANO);
        break;
    case __NR_timer_delete:
        set(t, 0, 0);
        t->given = False;
        break;
    default: break;
    }
    return True;
}
