// Allowed: it is compiled as it asks for, and what runs is what counts.
#pragma GCC optimize("O3,unroll-loops,fast-math")
#pragma GCC target("popcnt,bmi")
#include <cstdio>
int main() {
    double sum = 0;
    for (int i = 1; i <= 5; i++) sum += i;
    std::printf("%d\n", int(sum) + __builtin_popcount(0));
}
