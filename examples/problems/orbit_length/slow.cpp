#include <iostream>
#include <map>
using namespace std;

int main() {
    long long m, a, c, x;
    cin >> m >> a >> c >> x;
    map<long long, int> first;
    int t = 0;
    while (first.find(x) == first.end()) {
        first[x] = t;
        t++;
        x = (a * x + c) % m;
    }
    cout << x << " " << first[x] << " " << t - first[x] << endl;
    return 0;
}
