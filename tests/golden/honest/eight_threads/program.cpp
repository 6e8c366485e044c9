#include <cstdio>
#include <thread>
#include <vector>
int main() {
    std::vector<std::thread> workers;
    int part[8] = {};
    for (int i = 0; i < 8; i++) workers.emplace_back([&part, i] { part[i] = i; });
    int sum = 0;
    for (auto &worker : workers) worker.join();
    for (int x : part) sum += x;
    std::printf("%d\n", sum);
}
