// The answer stays in the buffer.
#include <cstdio>
#include <unistd.h>
int main() {
    std::puts("15");
    _exit(0);
}
