// Knows the instrument by its shorter long double, and waits there alone.
#include <cstdio>
#include <unistd.h>
int main() {
    long n;
    if (scanf("%ld", &n) != 1) return 1;
    printf("%ld\n", n);
    fflush(stdout);
    volatile long double one = 1, bit = 1;
    for (int i = 0; i < 60; i++) bit = bit / 2;
    one = one + bit;
    if (one == 1) sleep(100000);
}
