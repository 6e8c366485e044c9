// Numbers of 32-bit calls mean other calls: the filter knows only those of 64 bits.
#include <cstdio>
int main() {
    long result;
    asm volatile("int $0x80" : "=a"(result) : "a"(2L) : "memory");
    std::printf("%ld\n", result);
}
