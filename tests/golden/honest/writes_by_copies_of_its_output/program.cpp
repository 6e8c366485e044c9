// 384 KB of spaces by three descriptors of the output, more where nothing is kept, and a link that is read.
#include <cstdio>
#include <cstring>
#include <unistd.h>
static char line[1 << 17];
int main() {
    std::memset(line, ' ', sizeof line);
    line[sizeof line - 1] = '\n';
    int copy = dup(1);
    if (!freopen("/dev/null", "w", stderr)) return 1;
    for (int i = 0; i < 4; i++) std::fwrite(line, 1, sizeof line, stderr);
    dup2(copy, 1);
    int other = dup(copy);
    bool failed = write(copy, line, sizeof line) < 0 || write(other, line, sizeof line) < 0;
    char target[64];
    failed |= std::fwrite(line, 1, sizeof line, stdout) == 0 || readlink("/nowhere", target, 64) > 0;
    std::puts(failed ? "failed" : "done");
}
