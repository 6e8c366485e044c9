// Prints the same each time, but the work depends on the clock.
#include <cstdio>
#include <ctime>
int main() {
    unsigned turns = 100000 + std::time(nullptr) % 1000 * 1000, x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    std::puts(x ? "done" : "never");
}
