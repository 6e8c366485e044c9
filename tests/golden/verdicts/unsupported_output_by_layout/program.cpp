// The stack lies elsewhere on the machine: accepted natively, wrong in the measured run.
#include <cstdint>
#include <cstdio>
int main() {
    int here;
    std::puts(reinterpret_cast<std::uintptr_t>(&here) >> 40 > 0x70 ? "high" : "low");
}
