#include <bits/stdc++.h>
using namespace std;
#define ll long long
#define rep(i, n) for (int i = 0; i < (n); ++i)

static char buf[1 << 16];
static size_t len = 0, pos = 0;

static inline int gc() {
    if (pos == len) {
        len = fread(buf, 1, sizeof(buf), stdin);
        pos = 0;
        if (len == 0) return -1;
    }
    return buf[pos++];
}

static inline ll readInt() {
    int c = gc();
    while (c != '-' && (c < '0' || c > '9') && c != -1) c = gc();
    bool neg = false;
    if (c == '-') {
        neg = true;
        c = gc();
    }
    ll x = 0;
    while (c >= '0' && c <= '9') {
        x = x * 10 + (c - '0');
        c = gc();
    }
    return neg ? -x : x;
}

int main() {
    int n = (int)readInt();
    ll mn = LLONG_MAX, mx = LLONG_MIN, sum = 0, odd = 0;
    rep(i, n) {
        ll x = readInt();
        mn = min(mn, x);
        mx = max(mx, x);
        sum += x;
        if (x % 2 != 0) odd++;
    }
    printf("%lld %lld %lld %lld\n", mn, mx, sum, odd);
    return 0;
}
