// Where memory should lie is a wish; the kernel may give other places.
#include <cstdio>
#include <initializer_list>
#include <sys/mman.h>
int main() {
    unsigned long places[] = {0x10000000, 0x58000000, 0x1000000000, 0x1800000000, 0x2000000000, 0x7e0000000000};
    int sum = 0;
    for (unsigned long place : places)
        for (int flags : {0, 0x100000 /* MAP_FIXED_NOREPLACE */}) {
            void *got = mmap((void *)place, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
            if (got == MAP_FAILED) continue;
            *(volatile int *)got = 5;
            sum |= *(volatile int *)got;
        }
    std::printf("%d\n", sum);
}
