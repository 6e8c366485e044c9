// any: a program cannot fill the disk
#include <csignal>
#include <cstdio>
int main() {
    std::signal(SIGXFSZ, SIG_IGN);
    std::FILE *file = std::fopen("big", "w");
    if (!file) return 0;
    static char block[1 << 20];
    for (int i = 0; i < 80; i++)
        if (std::fwrite(block, 1, sizeof block, file) != sizeof block) return 0;
    return 1;
}
