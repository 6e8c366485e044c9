#include <cstdio>
#include <sstream>
int main() {
    int number;
    if (std::scanf("%d", &number) != 1) return 1;
    std::ostringstream text;
    text << '<' << number << '>';
    std::puts(text.str().c_str());
}
