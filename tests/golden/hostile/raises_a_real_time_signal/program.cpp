// A signal without a name.
#include <csignal>
int main() { std::raise(SIGRTMIN + 3); }
