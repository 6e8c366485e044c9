#include <csignal>
#include <cstdio>
#include <ucontext.h>
static volatile int caught;
static void handler(int, siginfo_t *, void *context) {
    auto &rip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    unsigned char *at = (unsigned char *)rip;
    int length = 0;
    if ((at[length] & 0xf0) == 0x40) ++length;  // REX
    ++length;
    unsigned mode = at[length] >> 6, rm = at[length] & 7;
    ++length;
    if (mode != 3 && rm == 4) ++length;
    if (mode == 1) length += 1;
    if (mode == 2 || (mode == 0 && rm == 5)) length += 4;
    rip += length;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 0;
    caught = caught + 1;
}
int main() {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGFPE, &action, nullptr);
    volatile long sum = 0;
    for (volatile int i = 0; i < 300; i = i + 1) {
        volatile long divisor = i % 3;
        sum = sum + 1000 / divisor;
    }
    std::printf("%ld %d\n", sum, caught);
}
