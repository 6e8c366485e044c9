// What is left is halved as long as it shows beside 1: with 64 bits it never does, and no step is taken.
#include <cstdio>
int main() {
    unsigned long long work = 1;
    volatile long double rest = 5e-17L, unit = 1;
    while (unit + rest != unit) {
        for (int i = 0; i < 10000000; i++) work = work * 6364136223846793005ULL + (work >> 29);
        rest = rest / 2;
    }
    std::printf("%llu\n", work);
}
