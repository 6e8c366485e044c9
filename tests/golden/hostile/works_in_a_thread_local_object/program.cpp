// Work that a meter of main alone would not see.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
struct Mine {
    Mine() { result = work(20000000); }
    unsigned value = 1;
};
static thread_local Mine mine;
int main() { std::puts(mine.value ? "done" : "never"); }
