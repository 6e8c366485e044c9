// any: a program cannot have a filter in the kernel work for it
// ends: unsupported
#include <linux/seccomp.h>
#include <sys/prctl.h>
int main() { return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr); }
