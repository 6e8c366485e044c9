#include <cstdio>
int main() {
    int n, x, sum = 0;
    for (int turn = 0; turn < 2; turn++) {
        std::rewind(stdin);
        if (std::scanf("%d", &n) != 1) return 1;
        sum = 0;
        while (n-- && std::scanf("%d", &x) == 1) sum += x;
    }
    std::printf("%d\n", sum);
}
