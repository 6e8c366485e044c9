/* System calls: which the tool answers itself, and what is asked of the kernel in another way.
 *
 * All calls of the program come here first (build.py puts this in the place of Valgrind's own function). */
#include "answers.h"
#include "blocks.h"
#include "counting.h"
#include "forks.h"
#include "guard.h"
#include "marks.h"
#include "memory.h"
#include "model.h"
#include "moments.h"
#include "processor_id.h"
#include "threads.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

static VexGuestAMD64State *registers;

VexGuestAMD64State *registers_here(void) { return registers; }

void block_ends(void) {
    if (counting) counting_elsewhere();
    else blocks_pass(registers->guest_RIP);
}

static Bool usable(const void *address, SizeT size, UInt rights) {
    return VG_(am_is_valid_for_client)((Addr)address, size, rights) && memory_present(address, size);
}
Bool readable(const void *address, SizeT size) { return usable(address, size, VKI_PROT_READ); }
Bool writable(const void *address, SizeT size) { return usable(address, size, VKI_PROT_READ | VKI_PROT_WRITE); }

/* Of Valgrind's own headers. */
extern SysRes VG_(do_sys_sigprocmask)(ThreadId thread, Int how, vki_sigset_t *set, vki_sigset_t *before);
extern SysRes VG_(do_sys_sigaction)(Int number, const vki_sigaction_toK_t *set, vki_sigaction_fromK_t *before);
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord);

Bool signal_heard(Int number) {
    vki_sigset_t blocked;
    vki_sigaction_fromK_t action;
    VG_(do_sys_sigprocmask)(1, VKI_SIG_SETMASK, NULL, &blocked);
    VG_(do_sys_sigaction)(number, NULL, &action);
    return !(blocked.sig[0] >> (number - 1) & 1) && action.ksa_handler != VKI_SIG_IGN;
}

/* ---- naps ------------------------------------------------------------------------------------------------- */

static Bool nap(UInt call, const UWord *a) {
    enum { ABSOLUTE = 1, SIZE = 16 };
    Bool by_clock = call == __NR_clock_nanosleep, absolute = by_clock && a[1] & ABSOLUTE;
    const ULong *wanted = (const ULong *)a[by_clock ? 2 : 0];
    ULong *rest = absolute ? NULL : (ULong *)a[by_clock ? 3 : 1];
    registers->guest_RAX = -VKI_EFAULT;
    if (!readable(wanted, SIZE)) return True;
    registers->guest_RAX = -VKI_EINVAL;
    if (!sound_time(wanted)) return True;
    Moment until = absolute ? moment_of_day(wanted[0], wanted[1]) : moment_now() + duration(wanted[0], wanted[1]);
    if (!thread_alone()) {
        thread_naps(until, False);
        return True;
    }
    registers->guest_RAX = 0;
    if (!nap_alone(until)) return True;
    registers->guest_RAX = -VKI_EINTR;
    if (rest && writable(rest, SIZE)) {
        ULong left = nanoseconds_of(until > moment_now() ? until - moment_now() : 0);
        rest[0] = left / 1000000000;
        rest[1] = left % 1000000000;
    }
    return True;
}

/* ---- calls that wait for something to happen ---------------------------------------------------------------- */

enum { STEP = 10000000 /* nanoseconds, after which a thread looks again */ };

static Moment soon(void) { return moment_now() + duration(0, STEP); }

/* The register in which a call has how long it waits at most, and in which unit that is: 1 is milliseconds in the
 * register itself, else it points to seconds and this unit, of which a second has so many. */
static ULong *patience_of(UInt call, ULong *unit) {
    *unit = 1000000000;
    switch (call) {
    case __NR_poll: *unit = 1; return &registers->guest_RDX;
    case __NR_epoll_wait:
    case __NR_epoll_pwait: *unit = 1; return &registers->guest_R10;
    case __NR_ppoll: return &registers->guest_RDX;
    case __NR_select: *unit = 1000000; return &registers->guest_R8;
    case __NR_pselect6: return &registers->guest_R8;
    default: return NULL;
    }
}

extern void __real_vgPlain_client_syscall(ThreadId thread, UInt why);

/* Asks the kernel what is there now. If nothing is, simulated time passes, and not the host's. */
static Bool look(ThreadId thread, UInt why, UInt call) {
    enum { TIME = 16, BELOW = 1024 /* the stack, where nothing is kept */ };
    ULong unit, *place = patience_of(call, &unit), kept;
    if (!place) return False;
    Moment *deadline = thread_deadline(), end = *deadline; /* of this call, if it is made again */
    *deadline = 0;
    kept = *place;
    ULong *time = unit == 1 || !kept ? NULL : (ULong *)kept, saved[2];
    if (time && !writable(time, TIME)) return False;
    Moment length = unit == 1 ? ((Int)kept < 0 ? NEVER : duration((Int)kept / 1000, (Int)kept % 1000 * 1000000ULL))
                    : time    ? duration(time[0], time[1] * (1000000000 / unit))
                              : NEVER;
    if (!length) return False;
    if (length == NEVER && thread_alone() && next_timer() == NEVER) return False;
    if (time == NULL && unit != 1) {
        time = (ULong *)(registers->guest_RSP - BELOW);
        if (!writable(time, TIME)) return False;
    }
    if (unit == 1) *place = 0;
    else {
        *place = (ULong)time;
        saved[0] = time[0];
        saved[1] = time[1];
        time[0] = time[1] = 0;
    }
    __real_vgPlain_client_syscall(thread, why);
    if (unit != 1) {
        time[0] = saved[0];
        time[1] = saved[1];
    }
    *place = kept;
    if (!end) end = length == NEVER ? NEVER : moment_now() + length;
    if (registers->guest_RAX || end <= moment_now()) return True;
    if (!thread_alone()) {
        *deadline = end;
        registers->guest_RAX = call;
        thread_naps(end < soon() ? end : soon(), True);
        return True;
    }
    if (nap_alone(end)) registers->guest_RAX = -VKI_EINTR;
    else if (end == NEVER) refuse("waits", "it waits without end");
    return True;
}

/* Another thread may be the one that writes what this one reads. */
static Bool would_wait(UInt call, const UWord *a) {
    struct {
        Int descriptor;
        Short wanted, there;
    } file = {(Int)a[0], 1, 0};
    if ((call != __NR_read && call != __NR_readv) || thread_alone()) return False;
    return sr_Res(VG_(do_syscall)(__NR_poll, (UWord)&file, 1, 0, 0, 0, 0, 0, 0)) == 0;
}

/* Waits for a signal that it hears: a timer's is the only one that can come. */
static Bool await_signal(void) {
    Moment timer = next_timer();
    if (timer == NEVER) return False;
    nap_until(timer);
    if (!timers_fire()) return False;
    registers->guest_RAX = -VKI_EINTR;
    return True;
}

/* Takes one of the signals that it keeps from itself: asks the kernel whether one is there, and lets simulated time
 * pass until a timer has sent one. */
static Bool take_signal(ThreadId thread, UInt why, UInt call) {
    enum { TIME = 16, BELOW = 1024 };
    const ULong asked = registers->guest_RDX;
    const ULong *patience = (const ULong *)asked;
    ULong *none = (ULong *)(registers->guest_RSP - BELOW);
    if (!writable(none, TIME) || (patience && (!readable(patience, TIME) || !sound_time(patience)))) return False;
    Moment *deadline = thread_deadline(), end = *deadline;
    *deadline = 0;
    if (!end) end = patience ? moment_now() + duration(patience[0], patience[1]) : NEVER;
    for (;;) {
        none[0] = none[1] = 0;
        registers->guest_RDX = (ULong)none;
        registers->guest_RAX = call;
        __real_vgPlain_client_syscall(thread, why);
        registers->guest_RDX = asked;
        if (registers->guest_RAX != -VKI_EAGAIN || end <= moment_now()) return True;
        if (!thread_alone()) {
            *deadline = end;
            registers->guest_RAX = call;
            thread_naps(end < soon() ? end : soon(), True);
            return True;
        }
        Moment timer = next_timer();
        if (timer == NEVER && end == NEVER) refuse("waits", "it waits for a signal without end");
        nap_until(timer < end ? timer : end);
        if (timers_fire()) {
            registers->guest_RAX = -VKI_EINTR;
            return True;
        }
    }
}

/* ---- every call ------------------------------------------------------------------------------------------- */

extern void VG_(poll_signals)(ThreadId thread);

static Bool answered(ThreadId thread, UInt why, UInt call, const UWord *a) {
    Long value;
    if (thread_call(call, a)) return True;
    if (timer_call(call, a, &value) || limit_call(call, a, &value) || guard_answers(call, a, &value) ||
        mark_call(call, a, &value)) {
        registers->guest_RAX = value;
        return True;
    }
    switch (call) {
    case __NR_nanosleep:
    case __NR_clock_nanosleep: return nap(call, a);
    case __NR_pause:
    case __NR_rt_sigsuspend: return await_signal();
    case __NR_rt_sigtimedwait: return take_signal(thread, why, call);
    default: break;
    }
    if (would_wait(call, a)) {
        thread_naps(soon(), True);
        return True;
    }
    return look(thread, why, call);
}

static void begin_call(UInt call) {
    if (!counting) {
        call_begins(call);
        return;
    }
    statistics.syscalls++;
    counting_ends_block();
}

void __wrap_vgPlain_client_syscall(ThreadId thread, UInt why) {
    UWord a[] = {registers->guest_RDI, registers->guest_RSI, registers->guest_RDX,
                 registers->guest_R10, registers->guest_R8,  registers->guest_R9};
    UInt call = (UInt)registers->guest_RAX;
    forks_before_call(thread, call, a); /* returns once for each test */
    begin_call(call);
    library_chosen(call);
    guard_call(call, a);
    refuse_call(call);
    if (answered(thread, why, call, a)) {
        if (signal_sent()) VG_(poll_signals)(thread);
        return;
    }
    Bool first = call == __NR_getrandom;
    ULong *length = first ? &registers->guest_RSI : &registers->guest_RDX, kept = *length;
    ULong shorter = *length = guard_length(call, a);
    UWord hint = registers->guest_RDI = guard_hint(call, a);
    Addr data = end_of_data();
    memory_around(call, a);
    __real_vgPlain_client_syscall(thread, why);
    /* What was changed alone: a signal that came meanwhile has its handler's arguments there. */
    if (shorter != kept && *length == shorter) *length = kept;
    if (hint != a[0] && registers->guest_RDI == hint) registers->guest_RDI = a[0];
    data_ended(data);
    if (call == __NR_brk && registers->guest_RAX < a[0] && grow_data(a[0])) registers->guest_RAX = a[0];
    memory_around(call, a);
}

/* ---- between two blocks ------------------------------------------------------------------------------------- */

extern void __real_vgPlain_disp_run_translations(HWord *result, VexGuestAMD64State *state, Addr code);
void __wrap_vgPlain_disp_run_translations(HWord *result, VexGuestAMD64State *state, Addr code) {
    registers = state;
    __real_vgPlain_disp_run_translations(result, state, code);
}

static Bool attending;

void attend(void) {
    attending = True;
    registers->host_EvC_COUNTER = 0; /* the next block is not entered, but the translator's own loop */
}

extern void __real_vgPlain_poll_signals(ThreadId thread);
void __wrap_vgPlain_poll_signals(ThreadId thread) {
    if (attending) {
        attending = False;
        if (counting) counting_ends_block();
        else blocks_pass(registers->guest_RIP);
        memory_looked();
        timers_fire();
        threads_attend();
        attention_reckon();
    }
    __real_vgPlain_poll_signals(thread);
}
