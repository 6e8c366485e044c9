#include <cerrno>
#include <cstdio>
#include <initializer_list>
#include <unistd.h>
int main() {
    const int x32 = 0x40000000;
    int refused = 0;
    for (int number : {41, 57, 59, 101}) refused += syscall(x32 | number, 0, 0, 0) == -1;
    std::printf("%d\n", refused);
}
