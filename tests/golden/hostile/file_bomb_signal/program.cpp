// The signal of the size limit ends it.
#include <cstdio>
int main() {
    std::FILE *file = std::fopen("bomb", "w");
    if (!file) return 1;
    for (;;) std::fputs("0123456789abcdef", file);
}
