#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>
int main() {
    std::mutex mutex;
    std::condition_variable changed;
    bool other = false;
    std::vector<int> order;
    auto take = [&](bool mine, int base) {
        for (int i = 0; i < 3; i++) {
            std::unique_lock<std::mutex> lock(mutex);
            changed.wait(lock, [&] { return other == mine; });
            order.push_back(base + i);
            other = !mine;
            changed.notify_one();
        }
    };
    std::thread second(take, true, 10);
    take(false, 0);
    second.join();
    for (int x : order) std::printf("%d ", x);
    std::puts("");
}
