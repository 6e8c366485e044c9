// mremap with a fixed new place.
#include <cstdint>
#include <cstdio>
#include <sys/mman.h>
#include <unistd.h>
// Where the translator lies: its text is linked to this address.
static char *const instrument = reinterpret_cast<char *>(0x58000000);
// Natively the stack is high; there is nothing to attack.
static bool translated() {
    int here;
    return reinterpret_cast<std::uintptr_t>(&here) >> 40 < 0x70;
}
int main() {
    void *own = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (translated()) mremap(own, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, instrument);
    std::puts("done");
}
