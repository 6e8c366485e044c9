#include <cstdio>
int main() {
    std::FILE *file = std::tmpfile();
    if (!file) return 1;
    std::fputs("15", file);
    std::rewind(file);
    int back;
    if (std::fscanf(file, "%d", &back) != 1) return 2;
    std::printf("%d\n", back);
}
