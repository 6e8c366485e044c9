// As on a judge: without ONLINE_JUDGE it would read files that are not there.
#include <cstdio>
int main() {
#ifndef ONLINE_JUDGE
    std::freopen("input.txt", "r", stdin);
    std::freopen("output.txt", "w", stdout);
#endif
    int a = 0, b = 0;
    if (std::scanf("%d %d", &a, &b) != 2) return 1;
    std::printf("%d\n", a + b);
}
