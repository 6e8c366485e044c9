#include <iostream>
using namespace std;

int main() {
    int n;
    cin >> n;
    int best = 0, bestCount = 0;
    for (int x = 1; x <= n; x++) {
        int count = 0;
        for (int d = 1; d <= x; d++) {
            if (x % d == 0) count++;
        }
        if (count > bestCount) {
            bestCount = count;
            best = x;
        }
    }
    cout << best << " " << bestCount << endl;
    return 0;
}
