#include <fstream>
#include <iostream>
int main() {
    std::ofstream("notes.txt") << 15;
    int back = 0;
    std::ifstream("notes.txt") >> back;
    std::cout << back << "\n";
}
