// Work that a meter of main alone would not see.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
static struct Last {
    ~Last() { result = work(20000000); }
} last;
int main() { std::puts("done"); }
