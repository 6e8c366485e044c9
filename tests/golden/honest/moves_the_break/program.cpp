#include <cstdio>
#include <unistd.h>
int main() {
    char *start = static_cast<char *>(sbrk(1 << 20));
    start[5] = 15;
    std::printf("%d\n", start[5]);
}
