#include <cstdio>
int main() {
    std::FILE *shell = popen("echo escaped", "r");
    char line[32] = "nothing";
    if (shell && std::fgets(line, sizeof line, shell)) pclose(shell);
    std::puts(line);
}
