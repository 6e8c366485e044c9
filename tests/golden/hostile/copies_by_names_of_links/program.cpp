// What is copied is the name that a symbolic link leads to.
#include <cstdio>
#include <cstring>
#include <unistd.h>
static char from[4001], to[4001];
int main() {
    unsigned sum = 0;
    std::memset(from, 3, sizeof from - 1);
    for (int turn = 0; turn < 500; turn++) {
        from[turn] = 4;
        unlink("/tmp/a");
        if (symlink(from, "/tmp/a") || readlink("/tmp/a", to, sizeof to) < 0) return 1;
        sum += to[turn] + 2 * turn;
    }
    std::printf("%u\n", sum);
}
