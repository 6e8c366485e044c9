// The same: the changed pages are dropped, and the file's are there again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
static char from[1 << 20], to[1 << 20];
int main() {
    unsigned sum = 0;
    std::memset(from, 3, sizeof from);
    int file = open("/tmp/a", O_CREAT | O_RDWR, 0600); if (write(file, from, sizeof from) < 0) return 1;
    char *table = (char *)mmap(to, sizeof to, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0);
    for (int turn = 0; turn < 200; turn++) {
        for (int i = 0; i < 1 << 20; i += 4096) table[i] = 3;
        madvise(table, sizeof to, MADV_DONTNEED);
        sum += to[turn] + 2 * turn;
    }
    std::printf("%u\n", sum);
}
