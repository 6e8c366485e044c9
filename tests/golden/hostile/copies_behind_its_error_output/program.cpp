// A file takes the place of the error output, where writing is not copying; its pages are mapped.
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
alignas(4096) static char from[1 << 20];
int main() {
    unsigned sum = 0;
    int file = open("/tmp/a", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, sizeof from)) return 1;
    char *seen = (char *)mmap(nullptr, sizeof from, PROT_READ, MAP_SHARED, file, 0);
    dup2(file, 2);
    for (int turn = 0; turn < 200; turn++) {
        std::memset(from + turn * 4096, 3, 4096);
        if (pwrite(2, from, sizeof from, 0) < 0) return 1;
        sum += seen[turn * 4096] + 2 * turn;
    }
    std::printf("%u\n", sum);
}
