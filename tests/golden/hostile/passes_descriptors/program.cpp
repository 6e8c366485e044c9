#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    static char zero[256];
    syscall(SYS_sendmsg, 1, zero, 0);
    std::puts(zero[0] ? "" : "15");
}
