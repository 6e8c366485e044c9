#include <cstdio>
#include <vector>
#include <algorithm>
using namespace std;
typedef unsigned int u32;
typedef vector<vector<u32>> mat;

const int S = 32;

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
    for (int kk = 0; kk < n; kk += S)
        for (int jj = 0; jj < n; jj += S) {
            int kend = min(n, kk + S), jend = min(n, jj + S);
            for (int i = 0; i < n; i++)
                for (int j = jj; j < jend; j++) {
                    u32 t = 0;
                    for (int k = kk; k < kend; k++) t += a[i][k] * b[k][j];
                    c[i][j] += t;
                }
        }
    for (int i = 0; i < n; i++) {
        u32 h = 0;
        for (int j = 0; j < n; j++) h ^= c[i][j];
        printf("%u\n", h);
    }
    return 0;
}
