// Callgrind and newer cachegrinds can be told to stop counting.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static void request(unsigned long number) {
    volatile unsigned long arguments[6] = {number, 0, 0, 0, 0, 0};
    volatile unsigned long answer = 0;
    asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                 : "=d"(answer) : "a"(arguments), "0"(answer) : "cc", "memory");
}
int main() {
    request(('C' << 24 | 'G' << 16) + 1);
    request(('C' << 24 | 'T' << 16) + 5);
    std::puts(work(1000000) ? "done" : "never");
}
