// Both versions do the same; the C library chooses its own the same way.
#include <cstdio>
__attribute__((target("default"))) static int width() { return 1; }
__attribute__((target("popcnt"))) static int width() { return 1; }
int main() { std::printf("%d\n", width()); }
