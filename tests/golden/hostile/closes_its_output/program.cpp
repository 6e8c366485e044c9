#include <cstdio>
#include <unistd.h>
int main() {
    close(1);
    close(2);
    std::puts("15");
}
