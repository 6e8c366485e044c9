// A table of 80 MB of which each page is touched once: the kernel's work, and no trick.
#include <cstdio>
static char table[80 << 20];
int main(int argc, char **) {
    long sum = 0;
    for (long at = 0; at < (long)sizeof table; at += 4096) {
        table[at] = (char)argc;
        sum += table[at];
    }
    std::printf("%ld\n", sum);
}
