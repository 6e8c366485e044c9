// A fixed mapping takes what was there away.
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
    if (translated()) mmap(instrument, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    std::puts("done");
}
