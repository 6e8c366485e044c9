#include <cstring>
static int down(int depth) {
    volatile char frame[1 << 16];
    std::memset(const_cast<char *>(frame), depth, sizeof frame);
    return down(depth + 1) + frame[depth & 1023];
}
int main() { return down(0); }
