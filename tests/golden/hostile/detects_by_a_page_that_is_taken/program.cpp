// A mapping that must not replace another one fails where the translator lies.
#include <cstdio>
#include <sys/mman.h>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
int main() {
    void *wish = reinterpret_cast<void *>(0x58000000);
    bool watched = mmap(wish, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != wish;
    std::printf("%u\n", watched ? 0 : work(1000000));
}
