// Request 0x1101 runs a function uncounted.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static unsigned result;
static unsigned long run(unsigned) { return result = work(100000000); }
int main() {
    volatile unsigned long arguments[6] = {0x1101, reinterpret_cast<unsigned long>(run), 0, 0, 0, 0};
    volatile unsigned long answer = 0;
    asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                 : "=d"(answer) : "a"(arguments), "0"(answer) : "cc", "memory");
    if (!answer) run(0);
    std::puts(result ? "done" : "never");
}
