// A push stores below the stack pointer.
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
        asm volatile("mov %%rsp, %%rbx; mov %0, %%rsp; push %%rbx; mov %%rbx, %%rsp" : : "r"(instrument + 0x700000) : "rbx", "memory");
    std::puts("done");
}
