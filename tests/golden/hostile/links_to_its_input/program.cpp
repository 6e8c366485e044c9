// By a link the input's file would be written to, or found again by another run.
#include <cstdio>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>
int main() {
    int ways = link("/proc/self/fd/0", "/tmp/hard") == 0;
    ways += linkat(AT_FDCWD, "/proc/self/fd/0", AT_FDCWD, "/tmp/followed", AT_SYMLINK_FOLLOW) == 0;
    ways += linkat(0, "", AT_FDCWD, "/tmp/empty", AT_EMPTY_PATH) == 0;
    (void)!symlink("/proc/self/fd/0", "/tmp/soft");
    for (const char *path : {"/tmp/soft", "/proc/self/fd/0", "/dev/stdin", "/dev/fd/0"}) {
        int again = open(path, O_WRONLY);
        ways += again >= 0 && write(again, "8", 1) > 0;
    }
    ways += write(0, "forged", 6) > 0;
    ways += ftruncate(0, 0) == 0;
    std::printf("%d\n", ways);
}
