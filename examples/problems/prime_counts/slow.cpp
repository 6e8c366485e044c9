#include <iostream>
using namespace std;

bool isPrime(int x) {
    if (x < 2) return false;
    for (int d = 2; d * d <= x; d++) {
        if (x % d == 0) return false;
    }
    return true;
}

int main() {
    int q;
    cin >> q;
    for (int i = 0; i < q; i++) {
        int a, b, cnt = 0;
        cin >> a >> b;
        for (int x = a; x <= b; x++) {
            if (isPrime(x)) cnt++;
        }
        cout << cnt << endl;
    }
}
