// any: a program cannot take the instrument's memory away
// ends: tampering
#include <sys/mman.h>
static bool translated() {
    int here;
    return reinterpret_cast<unsigned long>(&here) >> 40 < 0x70;
}
int main() {
    if (translated()) munmap(reinterpret_cast<void *>(0x50000000), 0x10000000);
}
