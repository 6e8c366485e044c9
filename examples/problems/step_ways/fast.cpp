#include <iostream>
using namespace std;

int main() {
    int n, m;
    cin >> n >> m;
    bool wet[100] = {};
    for (int i = 0; i < m; i++) {
        int x;
        cin >> x;
        wet[x] = true;
    }
    long long dp[100] = {};
    dp[0] = 1;
    for (int i = 1; i <= n; i++) {
        if (wet[i]) continue;
        for (int d = 1; d <= 3 && d <= i; d++) dp[i] += dp[i - d];
    }
    cout << dp[n] << endl;
    return 0;
}
