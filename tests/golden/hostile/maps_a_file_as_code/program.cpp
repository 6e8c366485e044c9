#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main() {
    int file = open("/tmp/code", O_CREAT | O_RDWR, 0700);
    (void)!write(file, "\xb8\x0f\x00\x00\x00\xc3", 6);
    void *code = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
    std::puts(code == MAP_FAILED ? "refused" : "mapped");
}
