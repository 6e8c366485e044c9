#include <algorithm>
#include <string>
#include <iostream>
#include <algorithm>
#include <string>
int main() {
    std::string text;
    std::cin >> text;
    std::sort(text.begin(), text.end());
    std::cout << text << std::endl;
}
