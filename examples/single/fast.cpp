#include <iostream>
#include <vector>
using namespace std;

int main() {
    int n;
    cin >> n;
    vector<int> count(n + 1, 0);
    for (int d = 1; d <= n; d++) {
        for (int x = d; x <= n; x += d) count[x]++;
    }
    int best = 0, bestCount = 0;
    for (int x = 1; x <= n; x++) {
        if (count[x] > bestCount) {
            bestCount = count[x];
            best = x;
        }
    }
    cout << best << " " << bestCount << endl;
    return 0;
}
