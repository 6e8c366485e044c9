constexpr long run(long n) {
    long sum = 0;
    for (long i = 0; i < n; i++) sum += i;
    return sum;
}
static_assert(run(1000000000000) > 0);
int main() {}
