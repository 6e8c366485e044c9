// any: a program cannot make namespaces or mounts
#include <sched.h>
#include <sys/mount.h>
int main() { return unshare(CLONE_NEWUSER) == 0 || mount("none", "/tmp", "tmpfs", 0, nullptr) == 0; }
