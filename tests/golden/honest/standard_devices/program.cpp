// The standard devices are there, and no terminal. Random bytes are the same in each run.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <random>
#include <string>
int main() {
    int first = 0, again = 0;
    std::ifstream("/dev/stdin") >> first;
    std::FILE *descriptor = std::fopen("/dev/fd/0", "r"), *process = std::fopen("/proc/self/fd/0", "r");
    if (!descriptor || !process || std::fscanf(descriptor, "%d", &again) != 1) return 1;
    std::ofstream("/dev/null") << "lost";
    std::ofstream full("/dev/full");
    full << "no room" << std::flush;
    char zero = 1, random[4] = {};
    std::ifstream("/dev/zero").get(zero);
    std::ifstream("/dev/urandom").read(random, 4);
    std::ifstream("/dev/random").read(random, 4);
    std::random_device device("/dev/urandom");
    device();
    std::ofstream("/dev/stderr") << "said\n";
    std::ofstream("/dev/stdout") << first + again << " " << full.good() << " " << int(zero) << " "
                                 << std::ifstream("/dev/tty").good() << std::endl;
    if (!std::freopen(nullptr, "r", stdin)) return 2;
    int once_more = 0;
    std::cin >> once_more;
    std::ofstream("/dev/fd/1") << once_more << "\n";
}
