// The frame of a signal is written to the stack that was named for it.
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
#include <csignal>
static void handle(int) {}
int main() {
    if (translated()) {
        stack_t other{};
        other.ss_sp = instrument + 0x600000;
        other.ss_size = 1 << 20;
        sigaltstack(&other, nullptr);
        struct sigaction action{};
        action.sa_handler = handle;
        action.sa_flags = SA_ONSTACK;
        sigaction(SIGUSR1, &action, nullptr);
        raise(SIGUSR1);
    }
    std::puts("done");
}
