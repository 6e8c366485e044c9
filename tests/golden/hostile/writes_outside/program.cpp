#include <cstdio>
#include <fcntl.h>
#include <initializer_list>
#include <sys/stat.h>
#include <unistd.h>
int main() {
    int made = 0;
    for (const char *path : {"/new", "/pie/new", "/pie/prog", "/pie/runner", "/pie/valgrind/new", "/dev/new", "/etc/new", "/usr/new", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/dev/shm/new"}) {
        int file = open(path, O_CREAT | O_WRONLY, 0600);
        made += file >= 0;
    }
    made += mkdir("/pie/folder", 0700) == 0 || unlink("/pie/prog") == 0;
    std::printf("%d\n", made);
}
