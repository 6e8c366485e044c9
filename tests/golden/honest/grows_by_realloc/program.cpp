// Its blocks move by their pages, as `realloc` does it.
#include <cstdio>
#include <cstdlib>
int main() {
    int *numbers = nullptr, room = 0;
    long sum = 0;
    for (int i = 0; i < 500000; i++) {
        if (i == room) numbers = static_cast<int *>(std::realloc(numbers, sizeof(int) * (room = 2 * room + 1)));
        numbers[i] = i;
    }
    for (int i = 0; i < 500000; i++) sum += numbers[i];
    std::printf("%ld\n", sum);
}
