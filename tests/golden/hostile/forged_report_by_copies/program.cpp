// The same by calls in which Valgrind does not check the descriptor: copies below its own, vectors.
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
int main() {
    const char *reports[] = {
        "0 1000 1000 1000 1000\n",
        "==3== I   refs:      10\n==3== I1  misses:     1\n==3== LLi misses:     1\n==3== D   refs:       2  (1 rd + 1 wr)\n"
        "==3== D1  misses:     1  (1 rd + 0 wr)\n==3== LLd misses:     1  (1 rd + 0 wr)\n"
        "==3== Branches:       2  (1 cond + 1 ind)\n==3== Mispredicts:    2  (1 cond + 1 ind)\n"};
    int source = open("forged", O_CREAT | O_RDWR, 0600);
    for (const char *report : reports)
        for (int fd = 3; fd < 1024; fd++) {
            iovec part{const_cast<char *>(report), std::strlen(report)};
            int copies[] = {dup(fd), dup2(fd, 40), dup3(fd, 41, 0), fcntl(fd, F_DUPFD, 42), fcntl(fd, F_DUPFD_CLOEXEC, 43)};
            for (int copy : copies)
                if (copy >= 0 && copy != source) (void)!write(copy, report, part.iov_len), close(copy);
            (void)!writev(fd, &part, 1);
            (void)!pwrite(fd, report, part.iov_len, 0);
            (void)!send(fd, report, part.iov_len, 0);
            off_t start = 0;
            if (source >= 0) (void)!pwrite(source, report, part.iov_len, 0), (void)!sendfile(fd, source, &start, part.iov_len);
            int yes = 1;
            if (fd >= 64) ioctl(fd, FIONBIO, &yes), fcntl(fd, F_SETFL, O_NONBLOCK), shutdown(fd, SHUT_WR);
        }
    unsigned x = 1;
    for (int i = 0; i < 30000000; i++) x = x * 1664525u + (x >> 7);
    std::puts(x ? "done" : "never");
}
