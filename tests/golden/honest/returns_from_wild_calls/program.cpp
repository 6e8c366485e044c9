// A call of what is no code is a fault, whose handler returns to the caller.
#include <csignal>
#include <cstdio>
#include <ucontext.h>
static volatile long caught;
static void handler(int, siginfo_t *, void *context) {
    auto *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    caught = caught + 1;
    registers[REG_RIP] = *(long *)registers[REG_RSP];
    registers[REG_RSP] += 8;
}
int main() {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    long places[] = {8, 0x58000000, 0x58100010, 0x2000000000, 0x1000000000, 0x7fff12345678};
    for (long place : places) ((void (*)())place)();
    std::printf("%ld\n", (long)caught);
}
