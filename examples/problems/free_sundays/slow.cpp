#include <cstdio>

int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

bool leap(int y) {
    if (y % 400 == 0) return true;
    if (y % 100 == 0) return false;
    return y % 4 == 0;
}

int main() {
    int q;
    if (scanf("%d", &q) != 1) return 0;
    while (q--) {
        int a, b;
        if (scanf("%d %d", &a, &b) != 2) return 0;
        int cnt[7] = {0};
        int day = 0;  // 0 = Monday
        for (int y = 1; y <= b; y++) {
            for (int m = 0; m < 12; m++) {
                if (y >= a) cnt[day]++;
                day += days[m];
                if (m == 1 && leap(y)) day++;
                day %= 7;
            }
        }
        for (int d = 0; d < 7; d++) printf("%d%c", cnt[d], d == 6 ? '\n' : ' ');
    }
    return 0;
}
