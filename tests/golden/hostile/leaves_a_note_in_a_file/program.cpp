// A later run would find the note and skip the work; each run has a folder of its own.
#include <cstdio>
int main() {
    std::FILE *note = std::fopen("/tmp/note", "r");
    std::puts(note ? "found" : "none");
    if ((note = std::fopen("/tmp/note", "w"))) std::fputs("15", note);
}
