#include <iostream>
#include <vector>
using namespace std;

int main() {
    const int N = 150000;
    vector<char> prime(N + 1, 1);
    prime[0] = prime[1] = 0;
    for (int i = 2; i * i <= N; i++) {
        if (!prime[i]) continue;
        for (int j = i * i; j <= N; j += i) prime[j] = 0;
    }
    for (int i = 1; i <= N; i++) count[i] = count[i - 1] + prime[i];
    int q;
    cin >> q;
    while (q--) {
        int a, b;
        cin >> a >> b;
        cout << count[b] - count[a - 1] << "\n";
    }
    return 0;
}
