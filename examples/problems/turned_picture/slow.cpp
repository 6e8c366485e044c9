#include <iostream>
#include <vector>
using namespace std;

int main() {
    int h, w;
    cin >> h >> w;
    vector<vector<char>> p(h, vector<char>(w));
    for (int i = 0; i < h; i++) {
        for (int j = 0; j < w; j++) {
            cin >> p[i][j];
        }
    }
    for (int j = 0; j < w; j++) {
        for (int i = h - 1; i >= 0; i--) {
            cout << p[i][j];
        }
        cout << endl;
    }
    return 0;
}
