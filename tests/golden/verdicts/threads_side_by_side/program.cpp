#include <cstdio>
#include <thread>
int main() {
    volatile long here = 0, there = 0;
    std::thread other([&] {
        for (int i = 0; i < 30000000; i++) there = there + 1;
    });
    for (int i = 0; i < 30000000; i++) here = here + 1;
    other.join();
    std::printf("%ld\n", here + there);
}
