// full: a program sees no other process
#include <csignal>
#include <unistd.h>
int main() { return getppid() > 10 || getpid() > 20; }
