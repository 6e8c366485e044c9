#include <iostream>
#include <vector>
#include <utility>
using namespace std;

int main() {
    int n, t;
    cin >> n >> t;
    vector<pair<int, int>> line;
    for (int i = 1; i <= n; i++) {
        int need;
        cin >> need;
        line.push_back(make_pair(i, need));
    }
    long long now = 0;
    while (!line.empty()) {
        pair<int, int> job = line[0];
        line.erase(line.begin());
        if (job.second <= t) {
            now += job.second;
            cout << job.first << " " << now << "\n";
        } else {
            now += t;
            line.push_back(make_pair(job.first, job.second - t));
        }
    }
    return 0;
}
