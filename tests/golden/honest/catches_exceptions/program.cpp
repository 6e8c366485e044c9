#include <cstdio>
#include <stdexcept>
#include <string>
int main() {
    int caught = 0;
    for (int i = 0; i < 15; i++) try { (void)std::stoi("x"); } catch (const std::invalid_argument &) { caught++; }
    std::printf("%d\n", caught);
}
