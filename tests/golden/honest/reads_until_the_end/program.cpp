#include <cstdio>
int main() {
    int x, sum = -5;
    while (std::scanf("%d", &x) != EOF) sum += x;
    std::printf("%d\n", sum);
}
