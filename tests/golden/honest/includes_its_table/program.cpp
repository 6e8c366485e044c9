#include <cstdio>
static constexpr struct Squares {
    int at[16]{};
    constexpr Squares() {
        for (int i = 0; i < 16; i++) at[i] = i * i;
    }
} squares;
int main() { std::printf("%d\n", squares.at[15]); }
