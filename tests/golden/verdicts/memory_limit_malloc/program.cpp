// No exception tells of it: the null pointer is written to with the memory full.
#include <cstdlib>
#include <cstring>
int main() {
    for (;;) std::memset(std::malloc(1 << 20), 1, 1 << 20);
}
