#include <cstdio>
#include <cstdlib>
int main() {
    std::atexit([] { std::puts("15"); });
    std::exit(0);
}
