#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    static char zero[256];
    syscall(SYS_perf_event_open, zero, 0, -1, -1, 0);
    std::puts(zero[0] ? "" : "15");
}
