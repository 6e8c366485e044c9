#include <cstdio>
int main() {
    volatile double x = 1e-310;
    double sum = 0;
    for (int i = 0; i < 200000; i++) sum += x * 0.5;
    std::puts(sum > 0 ? "15" : "0");
}
