// An address that it has chosen for itself, where no translator has room for it; nothing is there.
#include <cstdio>
#include <sys/mman.h>
int main() {
    void *place = (void *)0x100000000000;
    void *got = mmap(place, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    std::puts(got == place ? "there" : "elsewhere");
}
