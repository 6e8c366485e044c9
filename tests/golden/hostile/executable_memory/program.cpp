#include <cstdio>
#include <sys/mman.h>
static char page[8192];
int main() {
    void *made = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *own = reinterpret_cast<void *>((reinterpret_cast<unsigned long>(page) + 4095) & ~4095ul);
    std::puts(made == MAP_FAILED && mprotect(own, 4096, PROT_READ | PROT_EXEC) ? "refused" : "made");
}
