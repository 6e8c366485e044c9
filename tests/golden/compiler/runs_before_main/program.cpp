#include <cstdio>
static int early = std::puts("15");
__attribute__((destructor)) static void late() { std::puts("16"); }
int main() { return early < 0; }
