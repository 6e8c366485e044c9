#include <csignal>
#include <cstdio>
#include <sys/time.h>
#include <unistd.h>
int main() {
    std::signal(SIGALRM, [](int) { _exit(1); });
    alarm(2);
    itimerval limit = {{0, 0}, {9, 0}};
    setitimer(ITIMER_PROF, &limit, nullptr);
    int n = 0, x = 0;
    long long sum = 0;
    if (std::scanf("%d", &n) != 1) return 1;
    while (n-- && std::scanf("%d", &x) == 1) sum += x;
    std::printf("%lld\n", sum);
}
