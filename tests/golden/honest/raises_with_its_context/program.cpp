#include <csignal>
#include <cstdio>
#include <ucontext.h>
#include <unistd.h>
static volatile int seen; static volatile long who; static void* volatile context;
static void handle(int number, siginfo_t* info, void* uc) { seen = number; who = info->si_signo; context = uc; }
int main() {
    struct sigaction action{};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGUSR1, &action, nullptr);
    raise(SIGUSR1);
    int ok = context && ((ucontext_t*)context)->uc_mcontext.gregs[REG_RSP] != 0;
    kill(getpid(), SIGUSR1);
    std::printf("%d %ld %d\n", seen, (long)who, ok);
}
