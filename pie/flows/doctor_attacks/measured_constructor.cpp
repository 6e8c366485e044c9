// any: work before main is counted
// ends: time_limit
__attribute__((constructor)) static void first() {
    for (volatile int i = 0; i < 20000000; i = i + 1) {}
}
int main() {}
