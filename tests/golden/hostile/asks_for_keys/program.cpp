#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    static char zero[256];
    syscall(SYS_keyctl, 0, -3, 1);
    std::puts(zero[0] ? "" : "15");
}
