#include <cstdio>
#include <cstring>
#include <sys/mman.h>
int main() {
    const long size = 8 << 20;
    char *block = static_cast<char *>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    std::memset(block, 1, size);
    madvise(block, size, MADV_DONTNEED);
    int left = block[0] + block[size - 1];
    std::printf("%d %d\n", left, munmap(block, size));
}
