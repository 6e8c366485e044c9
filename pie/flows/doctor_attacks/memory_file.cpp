// any: a program cannot make a file in memory to execute
#include <sys/syscall.h>
#include <unistd.h>
int main() { return syscall(SYS_memfd_create, "x", 0) >= 0; }
