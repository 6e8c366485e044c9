#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    int done = 0;
    for (int target : {-1, 0, 1, (int)getppid(), -(int)getpgrp()}) done += kill(target, SIGKILL) == 0;
    done += syscall(SYS_tkill, getppid(), SIGKILL) == 0;
    done += syscall(SYS_tgkill, getppid(), getppid(), SIGKILL) == 0;
    done += syscall(SYS_rt_sigqueueinfo, getppid(), SIGKILL, nullptr) == 0;
    std::printf("%d\n", done);
}
