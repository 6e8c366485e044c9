#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    static char zero[256];
    syscall(SYS_bind, 0, zero, 16);
    std::puts(zero[0] ? "" : "15");
}
