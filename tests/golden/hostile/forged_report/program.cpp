// Writes what the supervisor and the instrument would write to every descriptor there could be, natively and
// in the measured run; the work comes all the same.
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>
int main() {
    const char *reports[] = {
        "0 1000 1000 1000 1000\n",
        "==3== I   refs:      10\n==3== I1  misses:     1\n==3== LLi misses:     1\n==3== D   refs:       2  (1 rd + 1 wr)\n"
        "==3== D1  misses:     1  (1 rd + 0 wr)\n==3== LLd misses:     1  (1 rd + 0 wr)\n"
        "==3== Branches:       2  (1 cond + 1 ind)\n==3== Mispredicts:    2  (1 cond + 1 ind)\n"};
    for (const char *report : reports) {
        for (int fd = 3; fd < 1024; fd++) (void)!write(fd, report, std::strlen(report));
        for (int fd = 100; fd < 1024; fd++) {
            int again = open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_WRONLY);
            if (again >= 0) (void)!write(again, report, std::strlen(report)), close(again);
        }
    }
    unsigned x = 1;
    for (int i = 0; i < 30000000; i++) x = x * 1664525u + (x >> 7);
    std::puts(x ? "done" : "never");
}
