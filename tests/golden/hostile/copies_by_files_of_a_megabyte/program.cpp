// Half a second of copying in the kernel, for 0.1 ms of counted instructions.
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
static char bytes[1048576];
int main() {
    int file = open("/tmp/copies", O_RDWR | O_CREAT, 0600);
    long moved = 0;
    for (int i = 0; i < 2500; i++) {
        moved += pwrite(file, bytes, sizeof bytes, 0);
        moved += pread(file, bytes, sizeof bytes, 0);
    }
    std::printf("%d\n", moved == 2L * 2500 * (long)sizeof bytes);
}
