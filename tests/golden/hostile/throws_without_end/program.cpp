// Work that a meter of main alone would not see.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static volatile unsigned result;
static int thrown;
__attribute__((noinline)) static void fail(int at) { throw at; }
int main() {
    for (int i = 0; i < 5000; i++) {
        try {
            fail(i);
        } catch (int) {
            thrown++;
        }
    }
    std::puts(thrown == 5000 ? "done" : "never");
}
