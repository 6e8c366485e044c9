// Its own write and exit instead of the C library's: what leaves the process is what counts.
#include <cstdio>
#include <sys/syscall.h>
#include <unistd.h>
extern "C" ssize_t write(int, const void *, size_t size) { return static_cast<ssize_t>(size); }
int main() { std::puts("15"); }
