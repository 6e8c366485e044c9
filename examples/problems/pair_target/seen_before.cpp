#include <iostream>
#include <map>
using namespace std;

int main() {
    int n, s;
    cin >> n >> s;
    map<int, int> seen;
    long long ans = 0;
    for (int i = 0; i < n; i++) {
        int x;
        cin >> x;
        auto it = seen.find(s - x);
        if (it != seen.end()) ans += it->second;
        seen[x]++;
    }
    cout << ans << endl;
    return 0;
}
