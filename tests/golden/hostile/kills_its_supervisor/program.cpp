#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>
int main() {
    int done = 0;
    done += ptrace(PTRACE_TRACEME, 0, 0, 0) == 0;
    done += ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0;
    for (int target : {-1, 0, 1, (int)getppid(), -(int)getpgrp()}) done += kill(target, SIGKILL) == 0;
    done += syscall(SYS_tkill, getppid(), SIGKILL) == 0;
    done += syscall(SYS_tgkill, getppid(), getppid(), SIGKILL) == 0;
    done += syscall(SYS_rt_sigqueueinfo, getppid(), SIGKILL, nullptr) == 0;
    int watched = syscall(SYS_pidfd_open, getppid(), 0);
    done += watched >= 0 && syscall(SYS_pidfd_send_signal, watched, SIGKILL, nullptr, 0) == 0;
    std::printf("%d\n", done);
}
