#include <iostream>
#include <string>
using namespace std;

int main() {
    int n;
    cin >> n;
    string text = "";
    for (int i = 0; i < n; i++) {
        char c;
        int k;
        cin >> c >> k;
        for (int j = 0; j < k; j++) {
            text += c;
        }
    }
    int places = 0;
    for (size_t i = 1; i < text.size(); i++) {
        if (text[i] != text[i - 1]) places++;
    }
    cout << text << endl;
    cout << places << endl;
    return 0;
}
