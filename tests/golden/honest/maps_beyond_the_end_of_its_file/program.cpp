// As fast readers do, a size is assumed; the file ends with a page, and what is predicted leads beyond it.
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main() {
    char name[] = "/tmp/mXXXXXX"; int f = mkstemp(name);
    long sum = 0;
    static unsigned char page[4096];
    unsigned x = 1;
    for (int i = 0; i < 4096; i++) page[i] = (x = x * 1664525u + 1013904223u) >> 24;
    write(f, page, 4096);
    unsigned char *p = (unsigned char *)mmap(nullptr, 1 << 20, PROT_READ, MAP_PRIVATE, f, 0);
    for (int turn = 0; turn < 50; turn++)
        for (int i = 0; i < 4096; i++) if (p[i] & 1) sum += p[i] * 3; else if (p[i] & 2 && i + 64 < 4096) sum ^= p[i + 64];
    std::printf("%ld\n", sum);
}
