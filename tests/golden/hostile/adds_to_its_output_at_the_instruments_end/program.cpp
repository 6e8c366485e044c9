// Natively nobody calls this function; the translator would at the program's end.
#include <cstdio>
#include <unistd.h>
extern "C" __attribute__((used)) void _vgnU_freeres() { (void)!write(1, "16\n", 3); }
int main() {
    std::puts("15");
    std::fflush(stdout);
}
