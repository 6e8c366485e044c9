#include <cstdio>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    static char zero[256];
    int open = 0;
    open += syscall(SYS_io_uring_setup, 4, zero) >= 0;
    open += syscall(SYS_bpf, 0, zero, 64) >= 0;
    open += syscall(SYS_perf_event_open, zero, 0, -1, -1, 0) >= 0;
    open += syscall(SYS_userfaultfd, 0) >= 0;
    open += syscall(SYS_keyctl, 0, -3, 1) >= 0;
    open += syscall(SYS_memfd_create, "x", 0) >= 0;
    open += unshare(CLONE_NEWUSER) == 0;
    open += mount("none", "/tmp", "tmpfs", 0, nullptr) == 0;
    open += syscall(SYS_shmget, 0, 4096, 01600) >= 0;
    std::printf("%d\n", open);
}
