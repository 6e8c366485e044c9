// Disks, memory, terminals and the kernel's own files.
#include <cstdio>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>
int main() {
    int seen = 0;
    for (const char *path : {"/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/tty", "/dev/ptmx", "/dev/kvm", "/dev/fuse",
                             "/sys/kernel", "/sys/fs/cgroup", "/proc/kcore", "/etc/hostname", "/etc/shadow", "/root", "/home"})
        seen += open(path, O_RDONLY) >= 0;
    std::printf("%d\n", seen);
}
