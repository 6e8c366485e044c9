#include <iostream>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
    int n, s;
    cin >> n >> s;
    vector<int> w(n);
    for (int i = 0; i < n; i++) cin >> w[i];
    sort(w.begin(), w.end());
    long long ans = 0;
    int i = 0, j = n - 1;
    while (i < j) {
        if (w[i] + w[j] < s) {
            i++;
        } else if (w[i] + w[j] > s) {
            j--;
        } else if (w[i] == w[j]) {
            long long k = j - i + 1;
            ans += k * (k - 1) / 2;
            break;
        } else {
            int a = w[i], b = w[j];
            long long x = 0, y = 0;
            while (w[i] == a) i++, x++;
            while (w[j] == b) j--, y++;
            ans += x * y;
        }
    }
    cout << ans << endl;
    return 0;
}
