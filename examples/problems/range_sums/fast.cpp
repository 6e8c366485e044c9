#include <cstdio>
#include <vector>
using namespace std;

int main() {
    int n, q;
    if (scanf("%d %d", &n, &q) != 2) return 0;
    vector<long long> s(n + 1, 0);
    for (int i = 1; i <= n; i++) {
        int x;
        if (scanf("%d", &x) != 1) return 0;
        s[i] = s[i - 1] + x;
    }
    while (q--) {
        int l, r;
        if (scanf("%d %d", &l, &r) != 2) return 0;
        printf("%lld\n", s[r] - s[l - 1]);
    }
    return 0;
}
