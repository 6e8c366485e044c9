// Values that a careless comparison takes for equal to anything.
#include <cstdio>
int main() { std::puts("nan -nan inf 1_5 0x0f"); }
