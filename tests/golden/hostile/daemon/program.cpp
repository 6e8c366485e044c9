#include <cstdio>
#include <unistd.h>
int main() { std::printf("%d %d %d\n", daemon(0, 1), setsid() < 0, getppid() == 0); }
