#include <cstdio>
#include <sys/mman.h>
int main() {
    int *page = static_cast<int *>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    page[5] = 15;
    if (mprotect(page, 4096, PROT_READ)) return 1;
    std::printf("%d\n", page[5]);
}
