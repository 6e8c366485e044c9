#include <cstdio>
int main() {
    for (;;) std::fputs("0123456789abcdef", stdout);
}
