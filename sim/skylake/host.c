/* What the kernel tells of the host: the same everywhere, so that no cost hangs on it.
 *
 * One processor, the simulated machine's 4 GB, and the names and the user that the simulator gives itself. */
#include "answers.h"
#include "processor_id.h"
#include "guard.h"
#include "moments.h"
#include "threads.h"
#include "libvex_guest_amd64.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { MEMORY = 1 << 20 /* units of a page's size */, NAME = 65, LAST_SIGNAL = 64, GROUP = 1, ITSELF = 0, ORDINARY = 20 /* a niceness of 0 */ };

static void system_name(HChar *to) {
    static const HChar *const names[] = {"Linux", "sim.gem5.org", "5.1.0", "#1 Mon Aug 18 11:32:15 EDT 2003",
                                         "x86_64"};
    for (UInt i = 0; i < sizeof names / sizeof *names; i++) {
        VG_(memset)(to + i * NAME, 0, NAME);
        VG_(strcpy)(to + i * NAME, names[i]);
    }
}

static void memory_of(struct vki_sysinfo *to) {
    VG_(memset)(to, 0, sizeof *to);
    to->totalram = to->freeram = MEMORY;
    to->mem_unit = 4096;
    to->procs = 1;
}

static void return_value(ThreadId thread, Long value) {
    VG_(set_shadow_regs_area)(thread, 0, offsetof(VexGuestAMD64State, guest_RAX), 8, (UChar *)&value);
}

/* Of Valgrind's own headers. */
extern Int VG_(sigprocmask)(Int how, const vki_sigset_t *set, vki_sigset_t *before);
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord);

static vki_sigset_t only(Int sent) {
    vki_sigset_t set = {{1ULL << (sent - 1)}};
    return set;
}

static Bool sent;

Bool signal_sent(void) {
    Bool before = sent;
    sent = False;
    return before;
}

/* The translator keeps the last signal for itself. */
Int send_signal(Int number, Bool to_thread) {
    Int self = VG_(getpid)();
    if (number == VKI_SIGSYS) { /* the translator leaves it unblocked, and expects it in calls only */
        vki_sigset_t held = only(number);
        VG_(sigprocmask)(VKI_SIG_BLOCK, &held, NULL);
    }
    SysRes done = to_thread ? VG_(do_syscall)(__NR_tgkill, self, VG_(gettid)(), number, 0, 0, 0, 0, 0)
                            : VG_(do_syscall)(__NR_kill, self, number, 0, 0, 0, 0, 0, 0);
    sent = True;
    return sr_isError(done) ? sr_Err(done) : 0;
}

/* The program knows itself by a number that the kernel does not know: a signal to it is sent here. Whoever
 * calls polls for signals after such a call. */
static void answer_own_signal(ThreadId thread, UInt call, const UWord *a) {
    Bool group_given = call == __NR_tgkill, to_thread = call != __NR_kill;
    if ((Int)a[0] != (call == __NR_tkill ? thread_number() : PROCESS)) return;
    if (group_given && (Int)a[1] != thread_number()) return;
    Int number = (Int)a[group_given ? 2 : 1];
    if (number < 0 || number >= LAST_SIGNAL) return;
    return_value(thread, -(Long)send_signal(number, to_thread));
    sent = False;
}

/* Where no process could be made, Valgrind 3.19 goes on with all signals blocked: the next page that the stack
 * needs, which it learns of by a signal, would be its end. */
static void unblock_own_signals(void) {
    static const Int own[] = {VKI_SIGILL, VKI_SIGTRAP, VKI_SIGBUS, VKI_SIGFPE, VKI_SIGSEGV};
    for (UInt i = 0; i < sizeof own / sizeof *own; i++) {
        vki_sigset_t one = only(own[i]);
        VG_(sigprocmask)(VKI_SIG_UNBLOCK, &one, NULL);
    }
}

/* Of a call that was given the program's own number. */
static const struct {
    UShort call, place;
} of_process[] = {
    {__NR_getpgid, 0},        {__NR_getsid, 0},           {__NR_getpriority, 1},
    {__NR_ioprio_get, 1},     {__NR_sched_getparam, 0},   {__NR_sched_getscheduler, 0},
    {__NR_sched_getattr, 0},  {__NR_sched_getaffinity, 0}, {__NR_sched_rr_get_interval, 0},
};

/* Asks the kernel once more, about the caller. What it writes to was tested before the first time. */
static void ask_again(ThreadId thread, UInt call, const UWord *a) {
    UWord b[4] = {a[0], a[1], a[2], a[3]};
    Bool own = False;
    for (UInt i = 0; i < sizeof of_process / sizeof *of_process; i++)
        if (of_process[i].call == call && (Int)b[of_process[i].place] == PROCESS) {
            b[of_process[i].place] = ITSELF;
            own = True;
        }
    if (!own) return;
    SysRes done = VG_(do_syscall)(call, b[0], b[1], b[2], b[3], 0, 0, 0, 0);
    return_value(thread, sr_isError(done) ? -(Long)sr_Err(done) : (Long)sr_Res(done));
    if (!sr_isError(done)) answer_host(thread, call, b, sr_Res(done));
}

static Bool is_user(UWord given) { return (Int)given == USER || (Int)given == -1; }

/* Whether a clock is that of the program's own processor time, by its number. */
static Bool is_own_clock(UWord clock) { return (Int)clock < 0 && ~((Int)clock >> 3) == PROCESS; }

static void tell_own_clock(ThreadId thread, UInt call, const UWord *a) {
    ULong *to = (ULong *)a[1];
    to[0] = 0;
    to[1] = 1; /* the resolution; the time instead is as on any other clock */
    UWord b[2] = {a[0], a[1]};
    answer_clock(thread, call, b);
}

void answer_failed(ThreadId thread, UInt call, const UWord *a) {
    switch (call) {
    case __NR_kill:
    case __NR_tkill:
    case __NR_tgkill: answer_own_signal(thread, call, a); break;
    case __NR_fork:
    case __NR_vfork:
    case __NR_clone: unblock_own_signals(); break;
    case __NR_chown:
    case __NR_fchown:
    case __NR_lchown:
        if (is_user(a[1]) && is_user(a[2])) return_value(thread, 0);
        break;
    case __NR_setuid:
    case __NR_setgid:
        if (is_user(a[0])) return_value(thread, 0);
        break;
    case __NR_clock_gettime:
    case __NR_clock_getres:
        if (!is_own_clock(a[0])) break;
        if (a[1] && !writable((const void *)a[1], 16)) break;
        if (a[1]) tell_own_clock(thread, call, a);
        return_value(thread, 0);
        break;
    default: ask_again(thread, call, a); break;
    }
}

void answer_missing(ThreadId thread) { return_value(thread, -VKI_ENOENT); }

void answer_host(ThreadId thread, UInt call, UWord *a, UWord result) {
    switch (call) {
    case __NR_uname: system_name((HChar *)a[0]); break;
    case __NR_sysinfo: memory_of((struct vki_sysinfo *)a[0]); break;
    case __NR_getcpu:
        if (a[0]) *(UInt *)a[0] = 0;
        if (a[1]) *(UInt *)a[1] = 0;
        break;
    case __NR_sched_getaffinity:
        VG_(memset)((void *)a[2], 0, result);
        *(UChar *)a[2] = 1;
        return_value(thread, 8);
        break;
    case __NR_getpid: return_value(thread, PROCESS); break;
    case __NR_getpgrp:
    case __NR_getpgid:
    case __NR_getsid: return_value(thread, GROUP); break;
    case __NR_getpriority: return_value(thread, ORDINARY); break;
    case __NR_getresuid:
    case __NR_getresgid:
        for (UInt i = 0; i < 3; i++) *(UInt *)a[i] = USER;
        break;
    case __NR_getppid: return_value(thread, PROCESS - 1); break;
    case __NR_getuid:
    case __NR_geteuid:
    case __NR_getgid:
    case __NR_getegid: return_value(thread, USER); break;
    default: break;
    }
}
