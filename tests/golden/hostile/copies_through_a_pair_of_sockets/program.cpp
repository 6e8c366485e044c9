// A pair of sockets does what a pipe does.
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
    int ends[2]; if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return 1;
    for (int turn = 0; turn < 200; turn++) {
        for (int i = 0; i < 16; i++)
            if (send(ends[1], from + i * 65536, 65536, 0) < 0 || recv(ends[0], to + i * 65536, 65536, MSG_WAITALL) < 0) return 1;
        sum += to[turn] + 2 * turn;
    }
    std::printf("%u\n", sum);
}
