#include <iostream>
#include <set>
#include <iterator>
using namespace std;

int main() {
    ios_base::sync_with_stdio(false);
    cin.tie(NULL);
    int n, q;
    cin >> n >> q;
    set<int> scores;
    for (int i = 0; i < n; i++) {
        int x;
        cin >> x;
        scores.insert(x);
    }
    for (int i = 0; i < q; i++) {
        int x;
        cin >> x;
        cout << distance(scores.begin(), scores.lower_bound(x)) << "\n";
    }
    return 0;
}
