// any: work that is done natively only is found out
// ends: tampering
#include <cpuid.h>
static unsigned work(unsigned turns) {
    unsigned x = 1;
    while (turns--) x = x * 1664525u + (x >> 7);
    return x;
}
int main() {
    unsigned name[4] = {};
    __get_cpuid(0, &name[3], &name[0], &name[2], &name[1]);
    bool measured = name[0] == 0x6f677948; // the simulated processor's
    return measured ? 0 : work(400000000) == 1;
}
