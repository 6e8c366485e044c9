#include <pthread.h>
#include <unistd.h>
int main() {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    for (;;) {
        pthread_t thread;
        pthread_create(&thread, &small, [](void *) -> void * { for (;;) {} }, nullptr);
    }
}
