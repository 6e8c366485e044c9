// A mapping that grows downwards by itself is bounded like any other memory.
#include <cstdio>
#include <sys/mman.h>
int main() {
    const long size = 1 << 16;
    char *low = static_cast<char *>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0));
    if (low != MAP_FAILED)
        for (long at = size - 1; at >= 0; at -= 4096) low[at] = 1;
    std::puts("done");
}
