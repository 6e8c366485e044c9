// The answer is out; the destructor of a static object fails.
#include <cstdio>
static struct Last {
    ~Last() { *static_cast<volatile int *>(nullptr) = 1; }
} last;
int main() {
    std::puts("15");
    std::fflush(stdout);
}
