// fork() execve("/bin/sh") ptrace, valgrind client request, 0x1101, /proc/self/maps
#include <cstdio>
int main() { std::puts("fork ptrace /etc/passwd"); }
