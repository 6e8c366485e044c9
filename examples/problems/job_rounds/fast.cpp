#include <iostream>
#include <queue>
#include <utility>
using namespace std;

int main() {
    int n, t;
    cin >> n >> t;
    queue<pair<int, int>> line;
    for (int i = 1; i <= n; i++) {
        int need;
        cin >> need;
        line.push(make_pair(i, need));
    }
    long long now = 0;
    while (!line.empty()) {
        pair<int, int> job = line.front();
        line.pop();
        if (job.second <= t) {
            now += job.second;
            cout << job.first << " " << now << "\n";
        } else {
            now += t;
            line.push(make_pair(job.first, job.second - t));
        }
    }
    return 0;
}
