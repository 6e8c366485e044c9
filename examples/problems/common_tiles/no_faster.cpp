#include <iostream>
using namespace std;

static inline int gcd(int a, int b) {
    while (b != 0) {
        const int r = a % b;
        a = b;
        b = r;
    }
    return a;
}

int main() {
    int n, m;
    cin >> n >> m;
    long long sum = 0;
    for (int a = 1; a <= n; ++a) {
        for (int b = 1; b <= m; ++b) {
            sum += gcd(a, b);
        }
    }
    cout << sum << '\n';
    return 0;
}
