// Both devices, twice: what is printed is the same in each run, or it would not be accepted.
#include <cstdio>
#include <fstream>
int main() {
    unsigned char bytes[4] = {};
    std::ifstream("/dev/urandom", std::ios::binary).read((char *)bytes, 2);
    std::ifstream("/dev/random", std::ios::binary).read((char *)bytes + 2, 2);
    std::printf("%02x%02x%02x%02x\n", bytes[0], bytes[1], bytes[2], bytes[3]);
}
