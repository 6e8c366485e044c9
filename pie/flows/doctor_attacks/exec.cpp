// any: a program cannot replace itself by another
#include <cstdlib>
#include <unistd.h>
int main(int argc, char **argv) {
    if (argc > 1) return 1;
    char *again[] = {argv[0], const_cast<char *>("again"), nullptr};
    execv("/pie/prog", again);
    execv("/proc/self/exe", again);
    return 0;
}
