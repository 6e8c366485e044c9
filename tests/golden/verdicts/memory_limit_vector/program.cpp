#include <vector>
int main() {
    std::vector<std::vector<char>> all;
    for (;;) all.emplace_back(16 << 20, 1);
}
