#include <cstdio>
int main() {
    while (getchar_unlocked() != '\n') {}
    static char rest[1 << 16];
    std::size_t length = std::fread(rest, 1, sizeof rest, stdin);
    int sum = 0;
    for (std::size_t i = 0; i < length; i++)
        if (rest[i] > '0') sum += rest[i] - '0';
    std::printf("%d\n", sum);
}
