#include <cstdio>
int deep(volatile int *from) {
    volatile int here[256] = {from[0] + 1};
    return deep(here) + here[0];
}
int main() {
    int start = 0;
    std::printf("%d\n", deep(&start));
}
