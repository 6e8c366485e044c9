// The twin of what overwrites its input: opened by each of its names, and read.
#include <cstdio>
#include <fstream>
#include <initializer_list>
int main() {
    int sum = 0;
    for (const char *path : {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}) {
        int x = 0;
        std::ifstream(path) >> x;
        sum += x;
    }
    std::ofstream("/dev/stdout") << sum << std::endl;
}
