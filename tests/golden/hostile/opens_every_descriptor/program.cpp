#include <cstdio>
#include <unistd.h>
int main() {
    int open_ones = 0;
    while (open_ones < 5000 && dup(0) >= 0) open_ones++;
    std::puts(open_ones < 1024 ? "bounded" : "unbounded");
}
