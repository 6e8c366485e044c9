// As fast readers do: the size is not asked for, and the text may be changed.
#include <cstdio>
#include <sys/mman.h>
int main() {
    char *text = (char *)mmap(nullptr, 1 << 26, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, 0);
    const char *shared = (const char *)mmap(nullptr, 1 << 26, PROT_READ, MAP_SHARED, 0, 0);
    int sum = 0;
    for (int i = 0; text[i]; i++) {
        if (text[i] == '\n') text[i] = '0';
        sum += text[i] - '0' + (shared[i] == '7');
    }
    std::printf("%d\n", sum);
}
