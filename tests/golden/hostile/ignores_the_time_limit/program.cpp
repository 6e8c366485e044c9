#include <csignal>
int main() {
    std::signal(SIGXCPU, SIG_IGN);
    volatile int turns = 0;
    for (;;) turns = turns + 1;
}
