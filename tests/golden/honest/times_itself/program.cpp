// Reads every clock, and prints none of it.
#include <chrono>
#include <cstdio>
#include <ctime>
int main() {
    auto start = std::chrono::steady_clock::now();
    std::clock_t used = std::clock();
    long sum = 0;
    for (int i = 1; i <= 5; i++) sum += i;
    bool later = std::chrono::steady_clock::now() >= start && std::clock() >= used;
    std::printf("%ld %d\n", sum, later);
}
