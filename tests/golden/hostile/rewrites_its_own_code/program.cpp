// Natively refused; nothing tells of it, and both runs must print the same.
#include <cstdint>
#include <cstdio>
#include <sys/mman.h>
__attribute__((noinline, aligned(4096))) static int answer() {
    asm volatile("" ::: "memory");
    return 1;
}
int main() {
    char *page = reinterpret_cast<char *>(reinterpret_cast<std::uintptr_t>(&answer) & ~4095ul);
    int before = answer();
    bool refused = mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0;
    std::printf("%d %d\n", before, refused);
}
