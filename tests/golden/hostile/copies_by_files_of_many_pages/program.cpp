// The same in smaller pieces.
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
static char bytes[262144];
int main() {
    int file = open("/tmp/copies", O_RDWR | O_CREAT, 0600);
    long moved = 0;
    for (int i = 0; i < 4000; i++) {
        moved += pwrite(file, bytes, sizeof bytes, 0);
        moved += pread(file, bytes, sizeof bytes, 0);
    }
    std::printf("%d\n", moved == 2L * 4000 * (long)sizeof bytes);
}
