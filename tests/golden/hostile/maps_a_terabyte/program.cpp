#include <cstdio>
#include <sys/mman.h>
int main() {
    void *made = mmap(nullptr, 1l << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    std::puts(made == MAP_FAILED ? "refused" : "made");
}
