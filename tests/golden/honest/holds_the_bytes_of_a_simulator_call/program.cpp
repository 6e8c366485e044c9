// 0F 04 begins gem5's own instruction; here it lies in constants, distances and tables.
#include <cstdio>
static const unsigned char table[] = {0x0f, 0x04, 0x40, 0x00, 0x0f, 0x04, 0x21, 0x00};
int main() {
    volatile unsigned a = 0x40f, b = 0x00400400 + 0x0f;
    unsigned long c;
    asm volatile("movabs $0x0021040f0040040f, %0; lea 0x40f(%0), %0; add $0x40f, %0" : "=r"(c));
    std::printf("%u %u %lu %d\n", a, b, c & 1, table[1]);
}
