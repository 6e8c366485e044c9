#include <bits/stdc++.h>
using namespace std;
#define ll long long
#define rep(i, n) for (int i = 0; i < (n); ++i)

int main() {
    int n;
    cin >> n;
    ll mn = LLONG_MAX, mx = LLONG_MIN, sum = 0, odd = 0;
    rep(i, n) {
        ll x;
        cin >> x;
        mn = min(mn, x);
        mx = max(mx, x);
        sum += x;
        if (x % 2 != 0) odd++;
    }
    cout << mn << " " << mx << " " << sum << " " << odd << endl;
    return 0;
}
