#include <cstdio>
static thread_local volatile char table[1100u << 20];
int main() {
    table[5] = 1;
    std::printf("%d\n", table[5]);
}
