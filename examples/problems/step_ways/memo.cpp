#include <bits/stdc++.h>
using namespace std;
typedef long long ll;

int n, m;
set<int> wet;
map<int, ll> memo;

ll climb(int pos) {
    if (pos > n || wet.count(pos)) return 0;
    if (pos == n) return 1;
    if (memo.count(pos)) return memo[pos];
    return memo[pos] = climb(pos + 1) + climb(pos + 2) + climb(pos + 3);
}

int main() {
    cin >> n >> m;
    for (int i = 0; i < m; i++) {
        int x;
        cin >> x;
        wet.insert(x);
    }
    cout << climb(0) << endl;
}
