#include <iostream>
#include <sstream>
#include <string>
int main() {
    std::string line;
    std::getline(std::cin, line);
    std::getline(std::cin, line);
    std::istringstream words(line);
    int sum = 0;
    for (int x; words >> x;) sum += x;
    std::cout << sum << std::endl;
}
