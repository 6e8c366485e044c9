// Has gem5 set its counters back when the work is done (pseudo-instruction m5_reset_stats).
#include <cstdio>
int main() {
    unsigned x = 1;
    for (int i = 0; i < 1000; i++) x = x * 1664525u + 7;
    asm volatile("xor %%edi, %%edi; xor %%esi, %%esi; .byte 0x0f, 0x04; .word 0x40" ::: "rax", "rdi", "rsi", "memory");
    std::printf("%u\n", x);
}
