#include <cstdio>
#include <cstdlib>
int main() {
    std::puts("1");
    std::system("pause");
}
