// Ends the simulation before its work (pseudo-instruction m5_exit), with prefixes before it.
#include <cstdio>
int main() {
    std::puts("1");
    std::fflush(stdout);
    asm volatile("xor %%edi, %%edi; .byte 0x66, 0x48, 0x0f, 0x04; .word 0x21" ::: "rax", "rdi", "memory");
    for (volatile int i = 0; i < 100000000; i = i + 1) {}
}
