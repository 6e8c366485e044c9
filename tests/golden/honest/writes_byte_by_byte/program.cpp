// A system call for each byte, out and in, with no buffer of the library's.
#include <cstdio>
#include <unistd.h>
int main() {
    std::setvbuf(stdout, nullptr, _IONBF, 0);
    std::setvbuf(stdin, nullptr, _IONBF, 0);
    for (int i = 0; i < 15000; i++) putchar_unlocked(' ');
    long sum = 0;
    for (int round = 0; round < 1500; round++) {
        char c;
        while (read(0, &c, 1) == 1) sum += c;
        lseek(0, 0, SEEK_SET);
    }
    std::printf("%ld\n", sum);
}
