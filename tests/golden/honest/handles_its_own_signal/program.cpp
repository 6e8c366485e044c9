#include <csetjmp>
#include <csignal>
#include <cstdio>
static sigjmp_buf back;
int main() {
    std::signal(SIGSEGV, [](int) { siglongjmp(back, 1); });
    if (!sigsetjmp(back, 1)) *static_cast<int *volatile>(nullptr) = 1;
    std::puts("15");
}
