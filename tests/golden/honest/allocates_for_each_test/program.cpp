// Arrays of megabytes for each of many tests, as vectors and zeroed by the allocator.
#include <cstdio>
#include <cstdlib>
#include <vector>
int main() {
    unsigned sum = 0;
    for (int test = 0; test < 20; test++) {
        char *seen = (char *)std::calloc(4 << 20, 1);
        for (int i = 0; i < 4 << 20; i += 65536) sum += seen[i]++;
        std::free(seen);
    }
    for (int test = 0; test < 3; test++) {
        char *seen = (char *)std::calloc(40 << 20, 1); // larger than what an allocator keeps
        for (int i = 0; i < 40 << 20; i += 16384) sum += ++seen[i];
        std::free(seen);
        std::vector<int> table(1 << 18, 1);
        for (int i = 0; i < 1 << 18; i += 16) table.push_back(table[i]);
        sum += table.size();
    }
    std::printf("%u\n", sum);
}
