#include <cstdio>
template <int N, class T> struct Twice {
    using A = Twice<N - 1, Twice<N, T>>;
    using B = Twice<N - 1, Twice<N - 1, T *>>;
    static constexpr int value = A::value + B::value;
};
template <class T> struct Twice<0, T> { static constexpr int value = 1; };
int main() { std::printf("%d\n", Twice<40, int>::value); }
