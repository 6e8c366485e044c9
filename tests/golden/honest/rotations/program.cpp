// Rotations like those of a client request, for honest reasons.
#include <cstdint>
#include <cstdio>
int main() {
    volatile std::uint64_t x = 15;
    std::uint64_t y = x;
    for (int turn = 0; turn < 4; turn++) {
        const int by[] = {3, 13, 61, 51};
        y = y << by[turn] | y >> (64 - by[turn]);
    }
    std::printf("%d\n", static_cast<int>(y));
}
