#include <cstdio>
#include <sys/mman.h>
#include <sys/stat.h>
int main() {
    struct stat about;
    fstat(0, &about);
    const char *text = static_cast<char *>(mmap(nullptr, about.st_size, PROT_READ, MAP_PRIVATE, 0, 0));
    int sum = 0;
    for (long i = 2; i < about.st_size; i++)
        if (text[i] > '0') sum += text[i] - '0';
    std::printf("%d\n", sum);
}
