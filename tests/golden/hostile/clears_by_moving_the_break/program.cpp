// A table is cleared by moving the break down and up again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static const int N = 1 << 20;
int main() {
    unsigned sum = 0;
    char *table = (char *)sbrk(N);
    for (int turn = 0; turn < 12; turn++) {
        sbrk(-N); table = (char *)sbrk(N);
        for (int i = 0; i < N; i += 64) { sum += table[i]; table[i] = 1; }
    }
    std::printf("%u\n", sum);
}
