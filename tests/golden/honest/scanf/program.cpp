#include <cstdio>
int main() {
    int n, x, sum = 0;
    if (std::scanf("%d", &n) != 1) return 1;
    while (n-- && std::scanf("%d", &x) == 1) sum += x;
    std::printf("%d\n", sum);
}
