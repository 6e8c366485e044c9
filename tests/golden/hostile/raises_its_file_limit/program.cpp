#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>
int main() {
    rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_FSIZE, &none);
    std::signal(SIGXFSZ, SIG_IGN);
    int file = open("/tmp/big", O_CREAT | O_WRONLY, 0600);
    static char block[1 << 20];
    long written = 0, got;
    while (written < 64 << 20 && (got = write(file, block, sizeof block)) > 0) written += got;
    std::puts(written <= 4 << 20 ? "bounded" : "unbounded");
}
