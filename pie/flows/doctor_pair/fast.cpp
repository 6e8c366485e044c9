#include <cstdio>
int main() {
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    unsigned long long sum = 0;
    for (int j = 1; j <= n; j++) sum += static_cast<unsigned long long>(j) * (n / j);
    std::printf("%llu\n", sum);
}
