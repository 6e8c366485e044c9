// any: a program cannot have more memory than its limit
#include <cstdlib>
int main() {
    volatile void *block = std::malloc(3ull << 30);
    return block != nullptr;
}
