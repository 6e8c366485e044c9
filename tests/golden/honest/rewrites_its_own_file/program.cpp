#include <cstdio>
#include <unistd.h>
int main() {
    std::FILE *file = std::fopen("notes", "w+");
    std::fputs("16\n", file);
    std::rewind(file);
    if (ftruncate(fileno(file), 0)) return 1;
    std::fputs("15\n", file);
    std::rewind(file);
    char line[8];
    std::puts(std::fgets(line, sizeof line, file) && line[1] == '5' ? "15" : "16");
}
