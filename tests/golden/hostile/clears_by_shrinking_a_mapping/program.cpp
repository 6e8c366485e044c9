// A mapping shrinks to a page and grows again.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static const int N = 1 << 20;
int main() {
    unsigned sum = 0;
    char *table = (char *)mmap(0, N, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int turn = 0; turn < 12; turn++) {
        mremap(table, N, 4096, 0); mremap(table, 4096, N, 0); table[0] = 0;
        for (int i = 0; i < N; i += 64) { sum += table[i]; table[i] = 1; }
    }
    std::printf("%u\n", sum);
}
