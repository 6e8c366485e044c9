// More digits than the 64 bits of a double hold: right on the processor, another number under Valgrind.
#include <cstdio>

int main() {
    long double big = 9007199254740993.0L;
    std::printf("%.0Lf\n", big * 3);
}
