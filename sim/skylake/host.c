/* What the kernel tells of the host: the same everywhere, so that no cost hangs on it.
 *
 * One processor, the simulated machine's 4 GB, and the names that the simulator gives itself. The size of
 * blocks decides how much the C library reads at once, and file systems differ in it. */
#include "processor_id.h"
#include "libvex_guest_amd64.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_machine.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { BLOCK_SIZE = 4096, MEMORY = 1 << 20 /* units of a page's size */, NAME = 65 };

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
    case __NR_stat:
    case __NR_fstat:
    case __NR_lstat: ((struct vki_stat *)a[1])->st_blksize = BLOCK_SIZE; break;
    case __NR_newfstatat: ((struct vki_stat *)a[2])->st_blksize = BLOCK_SIZE; break;
    case __NR_statx: ((UInt *)a[4])[1] = BLOCK_SIZE; break;
    default: break;
    }
}
