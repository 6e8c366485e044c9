// The counters lie in memory that the translated program shares.
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
    if (translated())
        for (char *at = instrument + 0x800000; at > instrument; at -= 4096) *reinterpret_cast<volatile long *>(at) = 0;
    std::puts("done");
}
