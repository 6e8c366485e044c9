#include <cstdio>
#include <set>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
    int n, k;
    if (scanf("%d%d", &n, &k) != 2) return 0;
    vector<int> a(n);
    multiset<int> win;
    long long sum = 0;
    int lo = 2000000, hi = -2000000;
    for (int i = 0; i < n; i++) {
        if (scanf("%d", &a[i]) != 1) return 0;
        win.insert(a[i]);
        if (i >= k) win.erase(win.find(a[i - k]));
        if (i >= k - 1) {
            int top = *win.rbegin();
            sum += top;
            lo = min(lo, top);
            hi = max(hi, top);
        }
    }
    printf("%lld %d %d\n", sum, lo, hi);
    return 0;
}
