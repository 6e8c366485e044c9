#include <cstdio>
int main() { std::puts("9007199254740992"); }
