// Work that a meter of main alone would not see.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
static void first() { result = work(20000000); }
__attribute__((section(".preinit_array"), used)) static void (*entry)() = first;
int main() { std::puts("done"); }
