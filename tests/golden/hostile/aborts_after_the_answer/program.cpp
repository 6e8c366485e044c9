#include <cstdio>
#include <cstdlib>
int main() {
    std::puts("15");
    std::fflush(stdout);
    std::abort();
}
