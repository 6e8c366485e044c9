// Two threads that run side by side: no order of theirs is the modelled processor's.
#include <cstdio>
#include <thread>

int main() {
    long sums[2] = {0, 0};
    auto add = [&](int half) {
        for (long i = half; i < 200000; i += 2) sums[half] += i * i % 7;
    };
    std::thread even(add, 0), odd(add, 1);
    even.join();
    odd.join();
    std::printf("%ld\n", sums[0] + sums[1]);
}
