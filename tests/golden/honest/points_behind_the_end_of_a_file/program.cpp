// A mapping is longer than its file: where the file has ended the kernel finds nothing to read.
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
int main() {
    int file = open("/tmp/short", O_CREAT | O_RDWR, 0600);
    if (ftruncate(file, 4096)) return 1;
    char *behind = 4096 + (char *)mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int refused = 0;
    refused += nanosleep((timespec *)behind, nullptr) == -1 && errno == EFAULT;
    refused += setitimer(ITIMER_REAL, (itimerval *)behind, nullptr) == -1 && errno == EFAULT;
    refused += setrlimit(RLIMIT_CORE, (rlimit *)behind) == -1 && errno == EFAULT;
    std::printf("%d %d\n", refused, clock_gettime(CLOCK_REALTIME_COARSE, (timespec *)(behind - 4096)));
}
