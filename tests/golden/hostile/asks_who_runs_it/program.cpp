// Names, processors and users of the host could tell a program where its answers are.
#include <cstdio>
#include <cstring>
#include <sys/utsname.h>
#include <unistd.h>
int main() {
    utsname about{};
    uname(&about);
    char name[64] = "";
    gethostname(name, sizeof name);
    std::printf("%d %d\n", std::strcmp(about.nodename, name) == 0, std::strcmp(name, "pie") != 0);
}
