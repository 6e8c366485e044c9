#include <cstdio>
#include <pthread.h>
long long sum(int n) {
    volatile int here = n;
    return n ? here + sum(n - 1) : 0;
}
void *work(void *place) {
    *static_cast<long long *>(place) = sum(1000000);
    return nullptr;
}
int main() {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 << 20);
    pthread_t thread;
    long long result = 0;
    pthread_create(&thread, &attributes, work, &result);
    pthread_join(thread, nullptr);
    std::printf("%lld\n", result);
}
