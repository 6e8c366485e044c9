#include <bits/stdc++.h>
using namespace std;

int g[700][500];
int top[500];

int main() {
    int h, w, d;
    unsigned s;
    cin >> h >> w >> s >> d;
    for (int i = 0; i < h; i++)
        for (int j = 0; j < w; j++) {
            s = s * 1103515245u + 12345u;
            g[i][j] = s >> 20;
        }
    while (d--) {
        int r, v;
        cin >> r >> v;
        r--;
        for (int j = 0; j < w; j++) g[r][j] += v;
        memset(top, 0, sizeof(top));
        for (int i = 0; i < h; i++)
            for (int j = 0; j < w; j++) top[j] = max(top[j], g[i][j]);
        long long sum = 0;
        for (int j = 0; j < w; j++) sum += top[j];
        cout << sum << endl;
    }
}
