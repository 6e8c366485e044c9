// A tree of letters is a tree of folders: the kernel walks down long words, a call for each.
#include <cstdio>
#include <sys/stat.h>
#include <unistd.h>
enum { LETTERS = 300, WORDS = 400 };
int main() {
    char word[2 * LETTERS + 8] = "/tmp";
    int at = 4;
    for (int i = 0; i < LETTERS; i++) {
        word[at++] = '/';
        word[at++] = 'a' + i % 3;
        word[at] = 0;
        mkdir(word, 0700);
    }
    int found = 0;
    for (int i = 0; i < WORDS; i++) {
        word[at - 1] = i % 2 ? 'z' : 'a' + (LETTERS - 1) % 3;
        found += access(word, F_OK) == 0;
    }
    std::printf("%d\n", found);
}
