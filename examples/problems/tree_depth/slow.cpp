#include <iostream>
#include <vector>
#include <algorithm>
using namespace std;

int depth(vector<vector<int>> led, int v) {
    int best = 0;
    for (int u : led[v]) best = max(best, depth(led, u));
    return best + 1;
}

int main() {
    int n;
    cin >> n;
    vector<vector<int>> led(n + 1);
    for (int i = 2; i <= n; i++) {
        int boss;
        cin >> boss;
        led[boss].push_back(i);
    }
    int alone = 0;
    for (int i = 1; i <= n; i++)
        if (led[i].empty()) alone++;
    cout << depth(led, 1) << " " << alone << endl;
    return 0;
}
