template <int... N> struct List {};
#include <utility>
using Long = std::make_integer_sequence<int, 50000000>;
template <int... N> constexpr long sum(std::integer_sequence<int, N...>) { return (0l + ... + N); }
int main() { return sum(Long{}) & 1; }
