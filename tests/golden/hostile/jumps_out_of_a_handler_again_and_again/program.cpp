// Work that a meter of main alone would not see.
#include <cstdio>
#include <csetjmp>
#include <csignal>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
static sigjmp_buf back;
static void handle(int) { siglongjmp(back, 1); }
int main() {
    std::signal(SIGUSR1, handle);
    volatile int turns = 0;
    sigsetjmp(back, 1);
    if (turns < 100) {
        turns = turns + 1;
        result = work(200000);
        std::raise(SIGUSR1);
    }
    std::puts("done");
}
