// fork, vfork, clone with flags of its own, clone3 and the calls of the C library that end in them.
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>
static char stack[65536];
static int child(void *) { return 0; }
int main() {
    int made = 0;
    made += clone(child, stack + sizeof stack, 17, nullptr) > 0;
    made += clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | 17, nullptr) > 0;
    made += clone(child, stack + sizeof stack, CLONE_NEWPID | CLONE_NEWUSER | 17, nullptr) > 0;
    pid_t process;
    char *arguments[] = {const_cast<char *>("prog"), nullptr};
    made += posix_spawn(&process, "/pie/prog", nullptr, nullptr, arguments, nullptr) == 0;
    std::printf("%d\n", made);
}
