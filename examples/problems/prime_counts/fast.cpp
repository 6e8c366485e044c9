#include <bits/stdc++.h>
using namespace std;

const int MAXN = 150000;
bool comp[MAXN + 1];
int cnt[MAXN + 1];

int main() {
    for (int i = 2; i * i <= MAXN; i++) {
        if (comp[i]) continue;
        for (int j = i * i; j <= MAXN; j += i) comp[j] = true;
    }
    for (int i = 2; i <= MAXN; i++) cnt[i] = cnt[i - 1] + !comp[i];

    int q;
    cin >> q;
    while (q--) {
        int a, b;
        cin >> a >> b;
        cout << cnt[b] - cnt[a - 1] << '\n';
    }
    return 0;
}
