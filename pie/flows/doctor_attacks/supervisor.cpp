// any: a program cannot end its supervisor
#include <csignal>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    return kill(getppid(), SIGKILL) == 0 || kill(-1, SIGKILL) == 0 || kill(0, SIGKILL) == 0 ||
           syscall(SYS_tkill, getppid(), SIGKILL) == 0 || syscall(SYS_tgkill, getppid(), getppid(), SIGKILL) == 0;
}
