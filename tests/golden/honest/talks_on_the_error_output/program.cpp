#include <cstdio>
int main() {
    for (int i = 0; i < 5000; i++) std::fprintf(stderr, "debug %d: still here\n", i);
    std::puts("15");
}
