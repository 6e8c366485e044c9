// Each end of a list is found by a fault, which the kernel makes a jump of: no test, and no cost of its own.
#include <csetjmp>
#include <csignal>
#include <cstdio>
static sigjmp_buf back;
static void jump(int) { siglongjmp(back, 1); }
struct Node { Node *volatile next; };
static Node list[4] = {{&list[1]}, {&list[2]}, {&list[3]}, {nullptr}};
int main() {
    struct sigaction action = {};
    action.sa_handler = jump;
    action.sa_flags = SA_NODEFER;
    sigaction(SIGSEGV, &action, nullptr);
    for (volatile int turn = 0; turn < 5000; turn = turn + 1)
        if (!sigsetjmp(back, 0))
            for (Node *at = list;; at = at->next) asm volatile("" ::"r"(at->next));
    std::puts("done");
}
