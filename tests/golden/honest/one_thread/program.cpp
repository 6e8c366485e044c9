#include <cstdio>
#include <thread>
int main() {
    int sum = 0;
    std::thread worker([&] { for (int i = 1; i <= 5; i++) sum += i; });
    worker.join();
    std::printf("%d\n", sum);
}
