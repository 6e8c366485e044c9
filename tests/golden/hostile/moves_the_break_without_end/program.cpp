#include <cstring>
#include <unistd.h>
int main() {
    for (;;) {
        void *more = sbrk(1 << 20);
        if (more == reinterpret_cast<void *>(-1)) *static_cast<volatile int *>(nullptr) = 0;
        std::memset(more, 1, 1 << 20);
    }
}
