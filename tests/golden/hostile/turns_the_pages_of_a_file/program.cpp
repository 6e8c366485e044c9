// A table moves by a page each time, by being mapped from another place of its file.
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
enum { SIZE = 1 << 20, PAGE = 4096, TURNS = 200 };
int main() {
    unsigned sum = 0;
    int file = open("/tmp/a", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, SIZE + TURNS * PAGE)) return 1;
    char *table = (char *)mmap(nullptr, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (int turn = 1; turn <= TURNS; turn++) {
        table[PAGE] = 3;
        table = (char *)mmap(table, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, turn * PAGE);
        sum += table[0] + 2 * (turn - 1);
    }
    std::printf("%u\n", sum);
}
