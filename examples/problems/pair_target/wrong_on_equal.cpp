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
        int sum = w[i] + w[j];
        if (sum == s) {
            ans++;
            i++;
            j--;
        } else if (sum < s) {
            i++;
        } else {
            j--;
        }
    }
    cout << ans << endl;
    return 0;
}
