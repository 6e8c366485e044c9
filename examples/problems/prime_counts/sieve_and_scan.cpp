#include <iostream>
#include <vector>
using namespace std;

int main() {
    const int N = 150000;
    vector<char> prime(N + 1, 1);
    prime[0] = prime[1] = 0;
    for (int i = 2; i <= N; i++) {
        if (!prime[i]) continue;
        for (int j = 2 * i; j <= N; j += i) prime[j] = 0;
    }
    int q;
    cin >> q;
    while (q--) {
        int a, b;
        cin >> a >> b;
        int ans = 0;
        for (int x = a; x <= b; x++) ans += prime[x];
        cout << ans << "\n";
    }
    return 0;
}
