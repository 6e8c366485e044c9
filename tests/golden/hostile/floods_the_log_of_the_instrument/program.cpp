// Valgrind complains of each bad call at length; its counts come last and must not drown.
#include <cstdio>
#include <unistd.h>
int main() {
    for (int i = 0; i < 8000; i++) syscall(500, 0, 0);
    for (int i = 0; i < 8000; i++) (void)!write(1000, "x", 1);
    std::puts("done");
}
