// 1.6 GB of static arrays of which a page is used: only where address space is limited can it not be loaded.
#include <cstdio>
static volatile int table[400000000];
int main() {
    table[5] = 1;
    std::printf("%d\n", table[5]);
}
