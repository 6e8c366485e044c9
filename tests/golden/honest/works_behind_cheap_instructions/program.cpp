// The same work and the same cheap instructions as of a program that hides them, all of it counted.
#include <cstdio>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
static void padding(unsigned turns) {
    while (turns--) asm volatile("");
}
int main() {
    padding(900000);
    std::puts(work(3000000) ? "done" : "never");
}
