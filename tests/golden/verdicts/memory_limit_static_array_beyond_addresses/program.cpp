// 3 GiB cannot even be linked.
#include <cstdio>
static volatile char table[3u << 30];
int main() {
    table[5] = 1;
    std::printf("%d\n", table[5]);
}
