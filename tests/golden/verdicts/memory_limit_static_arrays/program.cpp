// 1.6 GB of static arrays: cannot even be loaded.
#include <cstdio>
static volatile int table[400000000];
int main() {
    table[5] = 1;
    std::printf("%d\n", table[5]);
}
