// Each way once or twice: as copying programs, logs and self-pipes do.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
static char from[1 << 18], to[1 << 18];
int main() {
    int file = open("/tmp/a", O_CREAT | O_RDWR, 0600), other = open("/tmp/b", O_CREAT | O_RDWR, 0600), ends[2], pair[2];
    std::memset(from, 3, sizeof from);
    long done = write(file, from, sizeof from) + pread(file, to, sizeof to, 0);
    off_t start = 0;
    done += sendfile(other, file, &start, sizeof from);
    lseek(file, 0, SEEK_SET);
    iovec parts[2] = {{to, 100}, {to + 100, 200}};
    done += readv(file, parts, 2);
    if (pipe(ends) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) return 1;
    done += write(ends[1], from, 10) + read(ends[0], to, 10) + send(pair[0], from, 10, 0) + recv(pair[1], to, 10, 0);
    char *seen = (char *)mmap(nullptr, sizeof from, PROT_READ | PROT_WRITE, MAP_PRIVATE, other, 0);
    seen[5] = 4;
    std::printf("%ld %d\n", done, seen[5] + seen[6]);
}
