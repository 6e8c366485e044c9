#include <cstdio>
#include <deque>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
    int n, k;
    if (scanf("%d%d", &n, &k) != 2) return 0;
    vector<int> a(n);
    deque<int> dq;  // indices, values decreasing
    long long sum = 0;
    int lo = 2000000, hi = -2000000;
    for (int i = 0; i < n; i++) {
        if (scanf("%d", &a[i]) != 1) return 0;
        while (!dq.empty() && a[dq.back()] <= a[i]) dq.pop_back();
        dq.push_back(i);
        if (dq.front() <= i - k) dq.pop_front();
        if (i >= k - 1) {
            int top = a[dq.front()];
            sum += top;
            lo = min(lo, top);
            hi = max(hi, top);
        }
    }
    printf("%lld %d %d\n", sum, lo, hi);
    return 0;
}
