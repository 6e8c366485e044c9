#include <cstdio>
#include <cstring>
#include <sys/mman.h>
int main() {
    long mapped = 0;
    for (;;) {
        void *block = mmap(nullptr, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (block == MAP_FAILED) break;
        std::memset(block, 1, 16 << 20);
        mapped += 16;
    }
    std::puts(mapped <= 256 ? "bounded" : "unbounded");
}
