#include <csignal>
#include <sys/resource.h>
int main() {
    rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &none);
    std::signal(SIGXCPU, SIG_IGN);
    for (volatile int x = 0;; x = 1) {}
}
