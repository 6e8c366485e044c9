#include <cstdio>
static struct Last {
    ~Last() { throw 1; }
} last;
int main() {
    std::puts("15");
    std::fflush(stdout);
}
