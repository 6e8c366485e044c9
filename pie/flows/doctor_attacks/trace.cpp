// any: a program cannot trace or read other processes
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>
int main() {
    char byte;
    iovec mine{&byte, 1}, theirs{&byte, 1};
    return ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 || process_vm_readv(getppid(), &mine, 1, &theirs, 1, 0) >= 0;
}
