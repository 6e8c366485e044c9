// Every way of starting a process is refused, in the measured run too.
#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    int born = 0;
    for (int i = 0; i < 1000; i++) born += fork() >= 0;
    born += vfork() >= 0;
    born += syscall(SYS_clone, 17, 0, 0, 0, 0) >= 0;
    std::printf("%d\n", born);
}
