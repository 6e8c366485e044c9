#include <cstdio>
#include <vector>
using namespace std;

int main() {
    int n, q;
    if (scanf("%d %d", &n, &q) != 2) return 0;
    vector<int> a(n);
    for (int i = 0; i < n; i++) {
        if (scanf("%d", &a[i]) != 1) return 0;
    }
    while (q--) {
        int l, r;
        if (scanf("%d %d", &l, &r) != 2) return 0;
        long long sum = 0;
        for (int i = l - 1; i <= r - 1; i++) {
            sum += a[i];
        }
        printf("%lld\n", sum);
    }
    return 0;
}
