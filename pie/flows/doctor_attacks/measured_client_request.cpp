// any: a program cannot ask the instrument to run code uncounted
// ends: tampering
int main() {
    volatile unsigned long arguments[6] = {0x1101, 0, 0, 0, 0, 0};
    unsigned long answer = 0;
    asm volatile("rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
                 : "=d"(answer) : "a"(arguments), "0"(answer) : "cc", "memory");
    return answer;
}
