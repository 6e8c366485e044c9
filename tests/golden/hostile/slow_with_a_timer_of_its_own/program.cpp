// Right, and slower than its budget: a timer that never fires must not spare it the penalty.
#include <cstdio>
#include <unistd.h>

int main() {
    alarm(9);
    unsigned sum = 1;
    for (unsigned turn = 0; turn < 40000000; turn++) {
        asm volatile("" : "+r"(sum));
        sum = sum * 3 + turn;
    }
    std::printf("%u\n", sum);
}
