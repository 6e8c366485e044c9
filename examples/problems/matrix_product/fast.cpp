#include <cstdio>
#include <vector>
using namespace std;
typedef unsigned int u32;
typedef vector<vector<u32>> mat;

int main() {
    int n;
    u32 x;
    if (scanf("%d %u", &n, &x) != 2) return 0;
    mat a(n, vector<u32>(n)), b(n, vector<u32>(n)), c(n, vector<u32>(n, 0));
    for (auto m : {&a, &b})
        for (auto &row : *m)
            for (auto &v : row) {
                x = x * 1103515245u + 12345u;
                v = x >> 16;
            }
    for (int i = 0; i < n; i++) {
        u32 *ci = c[i].data();
        for (int k = 0; k < n; k++) {
            const u32 t = a[i][k];
            const u32 *bk = b[k].data();
            for (int j = 0; j < n; j++) ci[j] += t * bk[j];
        }
    }
    for (int i = 0; i < n; i++) {
        u32 h = 0;
        for (int j = 0; j < n; j++) h ^= c[i][j];
        printf("%u\n", h);
    }
    return 0;
}
