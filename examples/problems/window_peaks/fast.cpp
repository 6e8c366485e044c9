#include <iostream>
#include <deque>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
    ios::sync_with_stdio(0);
    cin.tie(0);
    int n, k;
    cin >> n >> k;
    vector<int> a(n);
    deque<int> dq;  // indices, values decreasing
    long long sum = 0;
    int lo = 2000000, hi = -2000000;
    for (int i = 0; i < n; i++) {
        cin >> a[i];
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
    cout << sum << ' ' << lo << ' ' << hi << '\n';
    return 0;
}
