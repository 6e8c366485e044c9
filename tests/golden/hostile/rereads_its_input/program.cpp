// Its input is a table that it has the kernel copy again and again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
static char to[1 << 20];
int main() {
    long sum = 0;
    for (int turn = 0; turn < 4000; turn++) {
        lseek(0, 0, SEEK_SET);
        sum += read(0, to, sizeof to) > 0 ? to[0] - '0' : 100;
    }
    std::printf("%ld\n", sum);
}
