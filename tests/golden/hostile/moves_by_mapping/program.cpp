// Two megabytes change places by their pages alone.
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
    char *a = (char *)mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *b = (char *)mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(a, 3, 1 << 20);
    for (int turn = 0; turn < 200; turn++) {
        mremap(a, 1 << 20, 1 << 20, MREMAP_MAYMOVE | MREMAP_FIXED, b);
        char *next = b; b = a; a = next;
        to[turn] = a[turn];
        sum += to[turn] + 2 * turn;
    }
    std::printf("%u\n", sum);
}
