#pragma GCC optimize("O3,unroll-loops")
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,fma")
#include <iostream>
#include <numeric>
#include <vector>
int main() {
    std::vector<int> v(4096);
    std::iota(v.begin(), v.end(), 0);
    long long sum = 0;
    for (int x : v) sum += x * x;
    std::cout << sum << "\n";
}
