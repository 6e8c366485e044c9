// any: a program cannot use more memory than its limit
// ends: memory_limit
#include <cstdlib>
int main() {
    const unsigned long size = 3ul << 30;
    volatile char *block = static_cast<char *>(std::malloc(size));
    if (!block) std::abort();
    for (unsigned long at = 0; at < size; at += 4096) block[at] = 1;
    return 0;
}
