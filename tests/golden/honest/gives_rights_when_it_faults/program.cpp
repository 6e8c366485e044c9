#include <csignal>
#include <cstdio>
#include <sys/mman.h>
static char *area;
static volatile int faults;
static void handler(int, siginfo_t *info, void *) {
    char *page = (char *)((unsigned long)info->si_addr & ~4095ul);
    mprotect(page, 4096, PROT_READ | PROT_WRITE);
    faults = faults + 1;
}
int main() {
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &action, nullptr);
    area = (char *)mmap(nullptr, 64 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 64 * 4096; i += 512) area[i] = 1;
    long sum = 0;
    for (int i = 0; i < 64 * 4096; i++) sum += area[i];
    std::printf("%ld %d\n", sum, faults);
}
