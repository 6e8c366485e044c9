#include <cpuid.h>
#include <cstdio>
int main() {
    unsigned a, b, c, d;
    std::printf("%d\n", __get_cpuid(1, &a, &b, &c, &d) && (d >> 26 & 1));
}
