// Work that a meter of main alone would not see.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
extern "C" {
static void nothing() {}
static void (*resolve(void))(void) {
    result = work(20000000);
    return nothing;
}
void chosen() __attribute__((ifunc("resolve")));
}
int main() {
    chosen();
    std::puts("done");
}
