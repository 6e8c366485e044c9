#include <cstdio>
#include <fcntl.h>
#include <unistd.h>
int main() {
    int done = open("/pie/prog", O_WRONLY | O_TRUNC) >= 0;
    done += rename("/pie/prog", "/pie/old") == 0;
    done += symlink("/tmp/other", "/pie/prog") == 0;
    done += truncate("/pie/prog", 0) == 0;
    std::printf("%d\n", done);
}
