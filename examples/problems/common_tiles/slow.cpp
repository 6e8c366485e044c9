#include <iostream>
using namespace std;

int gcd(int a, int b) {
    if (b == 0) return a;
    return gcd(b, a % b);
}

int main() {
    int n, m;
    cin >> n >> m;
    long long sum = 0;
    for (int a = 1; a <= n; a++) {
        for (int b = 1; b <= m; b++) {
            sum += gcd(a, b);
        }
    }
    cout << sum << endl;
    return 0;
}
