// A table is a mapped file, which is cut and made as long as before.
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static const int N = 1 << 16;
int main() {
    unsigned sum = 0;
    int file = open("/tmp/table", O_CREAT | O_RDWR, 0600), failed = ftruncate(file, N);
    char *table = (char *)mmap(0, N, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (int turn = 0; turn < 12; turn++) {
        failed |= close(open("/tmp/table", O_RDWR | O_TRUNC)) | truncate("/tmp/table", N);
        for (int i = 0; i < N; i += 64) {
            sum += table[i] + 1;
            table[i] = 1;
        }
    }
    std::printf("%u %d\n", sum, failed);
}
