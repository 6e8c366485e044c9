// Work that a meter of main alone would not see.
#include <cstdio>
#include <csignal>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
static void handle(int) { result = work(20000000); }
int main() {
    std::signal(SIGUSR1, handle);
    std::raise(SIGUSR1);
    std::puts("done");
}
