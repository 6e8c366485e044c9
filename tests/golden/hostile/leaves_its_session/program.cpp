#include <cstdio>
#include <unistd.h>
int main() {
    int left = setsid() > 0;
    left += getppid() == 1 && getpid() == 1;
    std::printf("%d\n", left);
}
