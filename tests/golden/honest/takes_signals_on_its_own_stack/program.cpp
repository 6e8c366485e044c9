#include <csignal>
#include <cstdio>
static volatile int seen;
static void handle(int number) { seen = number; }
int main() {
    static char block[65536];
    stack_t other{};
    other.ss_sp = block;
    other.ss_size = sizeof block;
    sigaltstack(&other, nullptr);
    struct sigaction action{};
    action.sa_handler = handle;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    raise(SIGUSR1);
    std::printf("%d\n", seen == SIGUSR1);
}
