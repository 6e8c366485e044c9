// What was written to a pipe stays written.
#include <cstdio>
#include <unistd.h>
int main() {
    (void)!write(1, "16\n", 3);
    (void)!lseek(1, 0, SEEK_SET);
    (void)!ftruncate(1, 0);
    (void)!pwrite(1, "15\n", 3, 0);
    (void)!write(1, "15\n", 3);
}
