// The files of /proc belong to root, and the harness may be root: settings of the kernel, own memory, and
// the folder that hides process 1 must all be shut for writing.
#include <cstdio>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>
int main() {
    int open_ones = 0;
    for (const char *path : {"/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/hostname",
                             "/proc/sysrq-trigger", "/proc/self/mem", "/proc/self/oom_score_adj", "/proc/1/new"})
        open_ones += open(path, O_CREAT | O_WRONLY, 0600) >= 0;
    std::printf("%d\n", open_ones);
}
