#include <iostream>
#include <set>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
    ios::sync_with_stdio(0);
    cin.tie(0);
    int n, k;
    cin >> n >> k;
    vector<int> a(n);
    multiset<int> win;
    long long sum = 0;
    int lo = 2000000, hi = -2000000;
    for (int i = 0; i < n; i++) {
        cin >> a[i];
        win.insert(a[i]);
        if (i >= k) win.erase(win.find(a[i - k]));
        if (i >= k - 1) {
            int top = *win.rbegin();
            sum += top;
            lo = min(lo, top);
            hi = max(hi, top);
        }
    }
    cout << sum << ' ' << lo << ' ' << hi << '\n';
    return 0;
}
