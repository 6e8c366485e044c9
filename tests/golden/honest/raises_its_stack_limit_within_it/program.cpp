#include <cerrno>
#include <cstdio>
#include <sys/resource.h>
int main() {
    rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit)) return 1;
    bool enough = limit.rlim_cur >= 64u << 20 && limit.rlim_max >= limit.rlim_cur;
    limit.rlim_cur = 64u << 20;
    if (setrlimit(RLIMIT_STACK, &limit) || getrlimit(RLIMIT_STACK, &limit)) return 2;
    rlimit turned = {2, 1};
    setrlimit(RLIMIT_NOFILE, &turned);
    std::printf("%lu %d %d\n", static_cast<unsigned long>(limit.rlim_cur), enough, errno);
}
