#include <csetjmp>
#include <cstdio>
static std::jmp_buf back;
static void search(int depth) {
    if (depth == 50) std::longjmp(back, depth);
    search(depth + 1);
}
int main() {
    int found = setjmp(back);
    if (!found) search(0);
    std::printf("%d\n", found);
}
