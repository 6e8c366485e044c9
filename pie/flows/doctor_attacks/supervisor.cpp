// any: a program cannot end its supervisor
#include <csignal>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    rlimit none{0, 0};
    if (prlimit(getppid(), RLIMIT_CPU, &none, nullptr) == 0) return 1;
    return kill(getppid(), SIGKILL) == 0 || kill(-1, SIGKILL) == 0 || kill(0, SIGKILL) == 0 ||
           syscall(SYS_tkill, getppid(), SIGKILL) == 0 || syscall(SYS_tgkill, getppid(), getppid(), SIGKILL) == 0;
}
