#include <cstdio>
#include <future>
#include <thread>
int main() {
    int later = std::async(std::launch::deferred, [] { return 1; }).get();
    int now = std::async(std::launch::async, [] { return 2; }).get();
    std::packaged_task<int()> task([] { return 3; });
    std::future<int> packed = task.get_future();
    std::thread runner(std::move(task));
    int third = packed.get();
    runner.join();
    std::promise<int> promise;
    std::future<int> promised = promise.get_future();
    std::thread giver([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        promise.set_value(4);
    });
    std::printf("%d %d %d %d\n", later, now, third, promised.get());
    giver.join();
}
