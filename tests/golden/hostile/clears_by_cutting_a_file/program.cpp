// A table is a mapped file, which is cut to nothing and made as long as before.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
static const int N = 1 << 20;
int main() {
    unsigned sum = 0;
    int file = open("/tmp/a", O_CREAT | O_RDWR, 0600); if (ftruncate(file, N)) return 1;
    char *table = (char *)mmap(0, N, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (int turn = 0; turn < 12; turn++) {
        if (ftruncate(file, 0) || ftruncate(file, N)) return 1;
        for (int i = 0; i < N; i += 64) { sum += table[i]; table[i] = 1; }
    }
    std::printf("%u\n", sum);
}
