#include <cstdio>
static int table[3][20000000];
int main() {
    for (int i = 0; i < 20000000; i += 4096) table[i % 3][i] = i;
    std::printf("%d\n", table[1][4096] + table[2][8192]);
}
