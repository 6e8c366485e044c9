#include <cstdio>
#include <vector>
using namespace std;
typedef unsigned int u32;
typedef vector<vector<u32>> mat;

int main() {
    int p, q, r;
    u32 x;
    if (scanf("%d %d %d %u", &p, &q, &r, &x) != 4) return 0;
    mat a(p, vector<u32>(q)), b(q, vector<u32>(r)), c(p, vector<u32>(r, 0));
    for (auto m : {&a, &b})
        for (auto &row : *m)
            for (auto &v : row) {
                x = x * 1103515245u + 12345u;
                v = x >> 16;
            }
    for (int i = 0; i < p; i++)
        for (int j = 0; j < r; j++)
            for (int k = 0; k < q; k++)
                c[i][j] += a[i][k] * b[k][j];
    for (int i = 0; i < p; i++) {
        u32 h = 0;
        for (int j = 0; j < r; j++) h ^= c[i][j];
        printf("%u\n", h);
    }
    return 0;
}
