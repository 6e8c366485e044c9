// Looks for the answer by name, through /proc and in descriptors; a file with a secret lies beside it.
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <initializer_list>
#include <string>
#include <unistd.h>
static bool readable(const std::string &path) {
    char text[64];
    int file = open(path.c_str(), O_RDONLY);
    if (file < 0) return false;
    long got = read(file, text, sizeof text);
    close(file);
    return got >= 0;
}
int main() {
    int found = 0;
    const char *folders[] = {"", "/pie/", "/tmp/", "../", "/proc/self/cwd/", "/proc/1/cwd/", "/proc/1/root/tmp/", "/proc/2/cwd/"};
    for (const char *folder : folders)
        for (const char *name : {"output.0.txt", "output.txt", "expected.txt", "answer.txt", "bait.txt", "input.0.txt"})
            found += readable(std::string(folder) + name);
    char target[512];
    long length = readlink("/proc/self/fd/0", target, sizeof target - 1);
    if (length > 0) {
        std::string input(target, length);
        found += readable(input);
        auto at = input.rfind("input");
        if (at != std::string::npos) found += readable(input.substr(0, at) + "output.0.txt") + readable(input.substr(0, at) + "bait.txt");
    }
    for (int fd = 3; fd < 1024; fd++) {
        char text[65] = {};
        found += pread(fd, text, 64, 0) > 0 && std::strstr(text, "bait");
    }
    std::printf("%d\n", found);
}
