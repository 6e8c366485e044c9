// Each table is a new mapping, at addresses that no other had.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static const int N = 1 << 20;
int main() {
    unsigned sum = 0;
    char *table = (char *)mmap(0, N, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); char *place = (char *)0x20000000;
    for (int turn = 0; turn < 12; turn++) {
        munmap(table, N); table = (char *)mmap(place, N, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); place += N;
        for (int i = 0; i < N; i += 64) { sum += table[i]; table[i] = 1; }
    }
    std::printf("%u\n", sum);
}
