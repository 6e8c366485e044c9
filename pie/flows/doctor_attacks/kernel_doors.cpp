// any: io_uring, bpf, perf, keyrings and userfaultfd are shut
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    static char zero[256];
    return syscall(SYS_io_uring_setup, 4, zero) >= 0 || syscall(SYS_bpf, 0, zero, 64) >= 0 ||
           syscall(SYS_perf_event_open, zero, 0, -1, -1, 0) >= 0 || syscall(SYS_userfaultfd, 0) >= 0 ||
           syscall(SYS_keyctl, 0, -3, 1) >= 0;
}
