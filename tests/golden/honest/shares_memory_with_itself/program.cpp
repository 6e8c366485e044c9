// The twin of what leaves shared memory: anonymous, and gone with the program.
#include <cstdio>
#include <sys/mman.h>
int main() {
    int *shared = static_cast<int *>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    *shared = 15;
    std::printf("%d\n", *shared);
}
