// Each run of reads ends in a fault, and the handler jumps away: nothing of it may be left uncounted, and
// the program does what it is allowed to do (test_skylake_faults.py compares its cost with an honest twin's).
#include <csetjmp>
#include <csignal>
#include <cstdio>
static sigjmp_buf back;
static void leave(int) { siglongjmp(back, 1); }
int main() {
    void *ring = &ring;
    volatile long faults = 0;
    std::signal(SIGSEGV, leave);
    for (volatile int i = 0; i < 1000; ++i) {
        if (sigsetjmp(back, 1)) { ++faults; continue; }
        asm volatile("mov %0, %%rax\n .rept 50\n mov (%%rax), %%rax\n .endr\n movl $1, 8" : : "m"(ring) : "rax", "memory");
    }
    std::printf("%ld\n", (long)faults);
}
