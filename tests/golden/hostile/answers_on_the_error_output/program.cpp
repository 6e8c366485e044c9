#include <cstdio>
int main() { std::fputs("15\n", stderr); }
