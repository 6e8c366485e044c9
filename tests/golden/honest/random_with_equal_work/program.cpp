#include <cstdio>
#include <cstdlib>
#include <ctime>
int main() {
    std::srand(1);
    volatile std::time_t now = std::time(nullptr);
    int sum = 0;
    for (int i = 0; i < 1000; i++) sum ^= std::rand();
    std::puts(sum && now ? "15" : "0");
}
