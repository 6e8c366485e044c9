#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
int main() {
    rlimit none{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_AS, &none);
    setrlimit(RLIMIT_DATA, &none);
    for (;;) std::memset(std::malloc(1 << 20), 1, 1 << 20);
}
