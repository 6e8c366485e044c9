#include <cstdio>
#include <initializer_list>
int main() {
    int left = 0;
    for (const char *path : {"/pie/note", "/note", "/dev/shm/note", "/var/tmp/note", "/run/note", "/pie/valgrind/note"})
        if (std::FILE *note = std::fopen(path, "w")) left++, std::fclose(note);
    std::printf("%d\n", left);
}
