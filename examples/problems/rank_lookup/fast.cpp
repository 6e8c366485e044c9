#include <iostream>
#include <vector>
#include <algorithm>
using namespace std;

int main() {
    ios_base::sync_with_stdio(false);
    cin.tie(NULL);
    int n, q;
    cin >> n >> q;
    vector<int> scores(n);
    for (int i = 0; i < n; i++) cin >> scores[i];
    sort(scores.begin(), scores.end());
    scores.erase(unique(scores.begin(), scores.end()), scores.end());
    for (int i = 0; i < q; i++) {
        int x;
        cin >> x;
        cout << lower_bound(scores.begin(), scores.end(), x) - scores.begin() << "\n";
    }
    return 0;
}
