// What libraries ask of a stream, and rights and dates that are only looked at.
#include <cstdio>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>
int main() {
    struct stat about;
    char note[8];
    fstat(0, &about);
    int left = 0;
    ioctl(0, FIONREAD, &left);
    std::printf("%d %ld %d %d %d %d\n", S_ISREG(about.st_mode), (long)about.st_size, left, isatty(0),
                fcntl(0, F_GETFL) & O_ACCMODE, fgetxattr(0, "user.note", note, sizeof note) > 0);
}
