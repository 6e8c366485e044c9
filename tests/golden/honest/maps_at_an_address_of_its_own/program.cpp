#include <cstdio>
#include <sys/mman.h>
int main() {
    void *place = mmap(nullptr, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    int *page = static_cast<int *>(mmap(place, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    if (page != place) return 1;
    for (int i = 0; i < 6; i++) page[i] = i;
    std::printf("%d\n", page[3] * page[5]);
}
