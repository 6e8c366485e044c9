// Needs about 200 MB of stack.
#include <cstdio>
int depth(int n, volatile char *above) {
    volatile char here[192];
    here[0] = above[0];
    return n == 0 ? here[0] : depth(n - 1, here) + 1;
}
int main() {
    volatile char start = 0;
    std::printf("%d\n", depth(850000, &start));
}
