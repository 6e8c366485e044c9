#include <cstdio>
int main() {
    if (std::FILE *given = std::fopen("input.txt", "r")) std::fclose(given), std::freopen("input.txt", "r", stdin);
    int n;
    if (std::scanf("%d", &n) != 1) return 1;
    std::printf("%d\n", n);
}
