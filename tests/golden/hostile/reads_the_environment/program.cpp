// A variable of the harness holds a secret; so might the memory of other processes.
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <unistd.h>
extern char **environ;
int main() {
    int found = 0;
    for (char **one = environ; *one; one++) found += std::strstr(*one, "BAIT") || std::strstr(*one, "bait");
    for (int process = 1; process < 64; process++)
        for (const char *name : {"environ", "mem", "maps"}) {
            if (process == getpid()) continue;
            char path[64];
            std::snprintf(path, sizeof path, "/proc/%d/%s", process, name);
            int file = open(path, O_RDONLY);
            char text[16];
            if (file >= 0) found += read(file, text, sizeof text) > 0, close(file);
        }
    std::printf("%d\n", found);
}
