#include <bits/stdc++.h>
using namespace std;

int main() {
    int n;
    cin >> n;
    long long cur;
    cin >> cur;
    long long best = cur;
    for (int i = 1; i < n; i++) {
        long long x;
        cin >> x;
        cur = max(x, cur + x);
        best = max(best, cur);
    }
    cout << best << endl;
}
