// A large block grows by moving its pages.
#include <cstdio>
#include <cstdlib>
int main() {
    char *block = static_cast<char *>(std::malloc(1 << 20));
    block[77] = 15;
    for (int size = 2; size <= 32; size *= 2) block = static_cast<char *>(std::realloc(block, size << 20));
    std::printf("%d\n", block[77]);
}
