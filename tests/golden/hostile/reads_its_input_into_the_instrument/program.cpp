// The kernel writes for it: no store of its own is seen.
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
    if (translated()) (void)!read(0, instrument + 0x600000, 64);
    std::puts("done");
}
