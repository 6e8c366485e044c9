// full: a program sees no file of the host
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>
int main() {
    for (const char *path : {"/etc/passwd", "/usr", "/home", "/root", "/proc/self/environ", "/proc/1", "/sys", "/dev/sda"})
        if (access(path, F_OK) == 0) return 1;
    return open("/pie/new", O_CREAT | O_WRONLY, 0600) >= 0 || open("/pie/prog", O_WRONLY) >= 0;
}
