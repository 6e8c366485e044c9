#include <clocale>
#include <cstdio>
int main() {
    std::setlocale(LC_ALL, "");
    std::printf("%.1f\n", 1.5);
}
