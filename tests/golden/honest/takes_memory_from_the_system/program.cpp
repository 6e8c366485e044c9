#include <cstdio>
#include <cstring>
#include <unistd.h>
int main() {
    char *first = static_cast<char *>(sbrk(16 << 20)), *second = static_cast<char *>(sbrk(32 << 20));
    if (second != first + (16 << 20)) return 1;
    std::memset(first, 1, 48 << 20);
    std::puts(sbrk(-(48 << 20)) == second + (32 << 20) && sbrk(0) == first ? "ok" : "no");
}
