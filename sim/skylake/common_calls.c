/* System calls that do the same on every test of a program: they come before its tests part (forks.c). */
#include "answers.h"
#include "forks.h"
#include "futex.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { STREAMS = 3 };

/* Whether a path leads to no stream and no device: into the system's folders, by no detour. */
static Bool is_system(UWord path) {
    enum { LONGEST = 512 };
    static const HChar *const folders[] = {"/usr/", "/lib", "/etc/", "/pie/"};
    const HChar *text = (const HChar *)path;
    Bool within = False;
    UInt length = 0;
    do {
        if (length == LONGEST || !readable((const void *)(path + length), 1)) return False;
    } while (text[length++]);
    for (UInt i = 0; i < sizeof folders / sizeof *folders; i++)
        within |= VG_(strncmp)(text, folders[i], VG_(strlen)(folders[i])) == 0;
    return within && !VG_(strstr)(text, "/..");
}

static Bool is_own_name(UWord path) {
    return readable((const void *)path, 15) && VG_(strcmp)((const HChar *)path, "/proc/self/exe") == 0;
}

static Bool is_file(UWord descriptor) { return (Int)descriptor >= STREAMS; }

Bool is_common(UInt call, const UWord *a) {
    enum { CHANGES = VKI_O_CREAT | VKI_O_TRUNC | 3, SHARING = VKI_MAP_SHARED | VKI_MAP_PRIVATE };
    switch (call) {
    case __NR_brk:
    case __NR_munmap:
    case __NR_mprotect:
    case __NR_arch_prctl:
    case __NR_set_tid_address:
    case __NR_set_robust_list:
    case __NR_rseq:
    case __NR_getrandom:
    case __NR_uname:
    case __NR_getcwd:
    case __NR_rt_sigaction:
    case __NR_rt_sigprocmask:
    case __NR_sigaltstack:
    case __NR_getrlimit:
    case __NR_getpid:
    case __NR_gettid:
    case __NR_getuid:
    case __NR_geteuid:
    case __NR_getgid:
    case __NR_getegid:
    case __NR_sysinfo:
    case __NR_clock_gettime:
    case __NR_time:
    case __NR_gettimeofday: return True;
    case __NR_prlimit64: return a[2] == 0;
    /* Nobody waits, since another thread would have parted the tests: the C library's "once" says so to nobody. */
    case __NR_futex: return (a[1] & FUTEX_OPERATION) == FUTEX_WAKE;
    /* A shared page would be that of all tests. */
    case __NR_mmap: return (a[3] & SHARING) == VKI_MAP_PRIVATE && ((a[3] & VKI_MAP_ANONYMOUS) || is_file(a[4]));
    case __NR_readlink: return is_own_name(a[0]) || is_system(a[0]);
    case __NR_readlinkat: return is_own_name(a[1]) || is_system(a[1]);
    case __NR_access:
    case __NR_stat:
    case __NR_lstat: return is_system(a[0]);
    case __NR_open: return (a[1] & CHANGES) == 0 && is_system(a[0]);
    case __NR_openat: return (a[2] & CHANGES) == 0 && is_system(a[1]);
    case __NR_newfstatat: return is_system(a[1]); /* which needs no folder to begin from */
    case __NR_read:
    case __NR_pread64:
    case __NR_lseek:
    case __NR_fstat:
    case __NR_getdents64:
    case __NR_close: return is_file(a[0]);
    default: return False;
    }
}
