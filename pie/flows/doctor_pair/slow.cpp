#include <cstdio>
int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    unsigned long long sum = 0;
    for (int i = 1; i <= n; i++)
        for (int j = 1; j <= i; j++)
            if (i % j == 0) sum += static_cast<unsigned long long>(j);
    std::printf("%llu\n", sum);
}
