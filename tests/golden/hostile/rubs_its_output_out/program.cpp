// On a terminal this reads 15: backspaces, a carriage return and an escape sequence.
#include <cstdio>
int main() { std::printf("16\b\b15\n17\r15\n\033[1A\033[2K15\n"); }
