#include <csignal>
#include <cstdio>
#include <ctime>
#include <sys/time.h>
#include <unistd.h>
volatile int rings;
int main() {
    std::signal(SIGALRM, [](int) { rings = rings + 1; });
    itimerval once = {{0, 0}, {0, 20000}};
    setitimer(ITIMER_REAL, &once, nullptr);
    pause();
    timer_t timer;
    itimerspec soon = {{0, 0}, {0, 20000000}};
    timer_create(CLOCK_MONOTONIC, nullptr, &timer);
    timer_settime(timer, 0, &soon, nullptr);
    sleep(5);
    std::printf("rang %d\n", rings);
}
