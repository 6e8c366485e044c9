// Folder, date and user of the build are the same everywhere.
#include <cstdio>
int main() { std::printf("%s|%s|%s\n", __FILE__, __DATE__, __TIME__); }
