#include <iostream>
using namespace std;

int n, m;
bool wet[100];

long long climb(int pos) {
    if (pos > n || wet[pos]) return 0;
    if (pos == n) return 1;
    return climb(pos + 1) + climb(pos + 2) + climb(pos + 3);
}

int main() {
    cin >> n >> m;
    for (int i = 0; i < m; i++) {
        int x;
        cin >> x;
        wet[x] = true;
    }
    cout << climb(0) << endl;
    return 0;
}
