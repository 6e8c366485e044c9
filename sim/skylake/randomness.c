/* The target's random numbers, by which its predictors allocate. */
#include "branch.h"

/* The target's generator and seed: a 64-bit Mersenne twister, of which it uses the upper 31 bits. */
enum { TWISTER_MIDDLE = 156, TWISTER_SEED = 5489 };
ULong twister[TWISTER];
UInt drawn = TWISTER;

void randomness_init(void) {
    twister[0] = TWISTER_SEED;
    for (UInt i = 1; i < TWISTER; i++)
        twister[i] = 6364136223846793005ULL * (twister[i - 1] ^ (twister[i - 1] >> 62)) + i;
}

static ULong twisted(ULong one, ULong two, ULong far) {
    ULong both = (one & ~0x7fffffffULL) | (two & 0x7fffffff);
    return far ^ (both >> 1) ^ (-(both & 1) & 0xb5026f5aa96619e9ULL);
}

void twist(void) {
    UInt i = 0;
    for (; i < TWISTER - TWISTER_MIDDLE; i++)
        twister[i] = twisted(twister[i], twister[i + 1], twister[i + TWISTER_MIDDLE]);
    for (; i < TWISTER - 1; i++)
        twister[i] = twisted(twister[i], twister[i + 1], twister[i + TWISTER_MIDDLE - TWISTER]);
    twister[i] = twisted(twister[i], twister[0], twister[TWISTER_MIDDLE - 1]);
    drawn = 0;
}

UInt branch_random(ULong x) {
    x ^= (x >> 29) & 0x5555555555555555ULL;
    x ^= (x << 17) & 0x71d67fffeda60000ULL;
    x ^= (x << 37) & 0xfff7eee000000000ULL;
    return (UInt)((x ^ (x >> 43)) >> 33);
}
