#include <iostream>
#include <vector>
using namespace std;

int main() {
    long long m, a, c, x;
    cin >> m >> a >> c >> x;
    vector<int> first(m, -1);
    int t = 0;
    while (first[x] == -1) {
        first[x] = t;
        t++;
        x = (a * x + c) % m;
    }
    cout << x << " " << first[x] << " " << t - first[x] << endl;
    return 0;
}
