/* What the kernel tells of the host: the same everywhere, so that no cost hangs on it.
 *
 * One processor, the simulated machine's 4 GB, and the names and the user that the simulator gives itself. */
#include "processor_id.h"
#include "guard.h"
#include "libvex_guest_amd64.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { MEMORY = 1 << 20 /* units of a page's size */, NAME = 65, USER = 100,
       PROCESS = (1 << 22) + 1 /* above all that Linux gives, so that it is nobody else's */ };

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

/* ---- the host's time ------------------------------------------------------------------------------------ */

static struct {
    ULong seconds, rest;
    Bool given;
} patience; /* of the call under way: the kernel leaves there how long it did not wait */

static ULong *patience_of(UInt call, const UWord *a) {
    if (call == __NR_ppoll) return (ULong *)a[2];
    return call == __NR_select || call == __NR_pselect6 ? (ULong *)a[4] : NULL;
}

/* A timer would end after a time of the host's, so the program's work would hang on the host's load. */
void refuse_timers(UInt call, const UWord *a) {
    const ULong *t = patience_of(call, a);
    Bool starts = call == __NR_timer_create || call == __NR_timerfd_create;
    if (call == __NR_alarm) starts = a[0] != 0;
    if (call == __NR_setitimer && a[1] && VG_(am_is_valid_for_client)(a[1], 32, VKI_PROT_READ))
        starts = ((const ULong *)a[1])[2] || ((const ULong *)a[1])[3];
    if (starts) refuse("timers", "it sets a timer, which would run by the host's clock");
    patience.given = t && VG_(am_is_valid_for_client)((Addr)t, 16, VKI_PROT_READ | VKI_PROT_WRITE);
    if (!patience.given) return;
    patience.seconds = t[0];
    patience.rest = t[1];
}

extern Int VG_(kill)(Int process, Int sent); /* of Valgrind's own headers */

/* The program knows itself by a number that the kernel does not know: a signal to it is sent here. Whoever
 * calls polls for signals after such a call. */
void answer_own_signal(ThreadId thread, UInt call, const UWord *a) {
    Bool thread_given = call == __NR_tgkill;
    if (call != __NR_kill && call != __NR_tkill && !thread_given) return;
    if ((Int)a[0] != PROCESS || (thread_given && (Int)a[1] != PROCESS)) return;
    Int sent = (Int)a[thread_given ? 2 : 1];
    return_value(thread, sent == 0 || VG_(kill)(VG_(getpid)(), sent) == 0 ? 0 : -VKI_EINVAL);
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
    case __NR_select:
    case __NR_pselect6:
    case __NR_ppoll:
        if (!patience.given) break;
        patience_of(call, a)[0] = patience.seconds;
        patience_of(call, a)[1] = patience.rest;
        break;
    case __NR_getpid:
    case __NR_gettid:
    case __NR_set_tid_address: return_value(thread, PROCESS); break;
    case __NR_getppid: return_value(thread, PROCESS - 1); break;
    case __NR_getuid:
    case __NR_geteuid:
    case __NR_getgid:
    case __NR_getegid: return_value(thread, USER); break;
    default: break;
    }
}
