#include <cmath>
#include <cstdio>
int main() { std::printf("%.12Lf\n", std::sqrt(2.0L)); }
