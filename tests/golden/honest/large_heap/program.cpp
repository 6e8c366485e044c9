#include <cstdio>
#include <vector>
int main() {
    std::vector<char> block(500 << 20);
    std::printf("%zu\n", block.size());
}
