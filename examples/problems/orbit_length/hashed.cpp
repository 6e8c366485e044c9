#include <bits/stdc++.h>
using namespace std;
using ll = long long;

int main() {
    ll m, a, c, x;
    cin >> m >> a >> c >> x;
    unordered_map<ll, int> first;
    int t = 0;
    while (!first.count(x)) {
        first[x] = t++;
        x = (a * x + c) % m;
    }
    cout << x << ' ' << first[x] << ' ' << t - first[x] << '\n';
}
