// Masked and plain stores of 32 bytes, and a gather: each is an access of the caches (test_skylake_vex.py).
#pragma GCC target("avx2")
#include <cstdio>
#include <immintrin.h>
alignas(64) static int cells[1 << 16];
int main() {
    const __m256i mask = _mm256_set1_epi32(-1), index = _mm256_setr_epi32(0, 8, 16, 24, 32, 40, 48, 56);
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < 1 << 16; i += 8) _mm256_maskstore_epi32(cells + i, mask, _mm256_set1_epi32(i >> 3));
    for (int i = 0; i < (1 << 16) - 64; i += 64) sum = _mm256_add_epi32(sum, _mm256_i32gather_epi32(cells + i, index, 4));
    alignas(32) int parts[8];
    _mm256_store_si256((__m256i *)parts, sum);
    long total = 0;
    for (int part : parts) total += part;
    std::printf("%ld\n", total);
}
