#include <cstdio>
__attribute__((section(".interp"), used)) static const char interpreter[] = "/pie/prog";
int main() { std::puts("15"); }
