// One system call for each blank line, as many interactive programs and many beginners do.
#include <iostream>
int main() {
    for (int i = 0; i < 30000; i++) std::cout << std::endl;
    std::cout << 30000 << std::endl;
}
