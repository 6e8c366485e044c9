// any: a program holds no descriptor but its three
#include <fcntl.h>
int main() {
    for (int fd = 3; fd < 4096; fd++)
        if (fcntl(fd, F_GETFD) != -1) return 1;
    return 0;
}
