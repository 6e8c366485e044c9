#include <iostream>
#include <vector>
using namespace std;

int main() {
    int n, s;
    cin >> n >> s;
    vector<int> w(n);
    for (int i = 0; i < n; i++) cin >> w[i];
    long long ans = 0;
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++)
            if (w[i] + w[j] == s) ans++;
    cout << ans << endl;
    return 0;
}
