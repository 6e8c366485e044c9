// any: a program cannot start processes
#include <unistd.h>
int main() { return fork() >= 0 || vfork() >= 0; }
