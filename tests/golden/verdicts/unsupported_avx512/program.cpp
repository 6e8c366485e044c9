// Runs on the real CPU where that has AVX-512; Valgrind cannot translate it.
#include <cstdio>
__attribute__((target("avx512f"), noinline)) void twice(double *numbers) {
    asm volatile("vmovupd (%0), %%zmm0\n\tvaddpd %%zmm0, %%zmm0, %%zmm0\n\tvmovupd %%zmm0, (%0)" : : "r"(numbers) : "memory");
}
int main() {
    double numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    twice(numbers);
    std::printf("%.0f\n", numbers[7]);
}
