#include <csignal>
#include <cstdio>
#include <string>
#include <fcntl.h>
#include <unistd.h>
int main() {
    std::signal(SIGXFSZ, SIG_IGN);
    static char block[1 << 20];
    long written = 0;
    for (int i = 0; i < 64; i++) {
        int file = open(("/tmp/bomb" + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600);
        if (file < 0) break;
        long got;
        while ((got = write(file, block, sizeof block)) > 0) written += got;
        close(file);
    }
    std::puts(written <= 4 << 20 ? "bounded" : "unbounded");
}
