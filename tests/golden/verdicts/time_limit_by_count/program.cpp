// Quick on the real CPU, but beyond the budget of instructions: no host can be fast enough.
#include <cstdio>
int main() {
    unsigned x = 1;
    for (int i = 0; i < 40000000; i++) x = x * 1664525u + (x >> 7);
    std::puts(x ? "done" : "never");
}
