// Work that a meter of main alone would not see.
#include <cstdio>
#include <ucontext.h>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
static ucontext_t caller, other;
static void body() { result = work(20000000); }
int main() {
    static char stack[65536];
    getcontext(&other);
    other.uc_stack.ss_sp = stack;
    other.uc_stack.ss_size = sizeof stack;
    other.uc_link = &caller;
    makecontext(&other, body, 0);
    swapcontext(&caller, &other);
    std::puts("done");
}
