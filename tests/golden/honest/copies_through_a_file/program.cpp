// A file that is written and read again a few times.
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
static char bytes[2048];
int main() {
    int file = open("/tmp/copies", O_RDWR | O_CREAT, 0600);
    long moved = 0;
    for (int i = 0; i < 16; i++) {
        moved += pwrite(file, bytes, sizeof bytes, 0);
        moved += pread(file, bytes, sizeof bytes, 0);
    }
    std::printf("%d\n", moved == 2L * 16 * (long)sizeof bytes);
}
