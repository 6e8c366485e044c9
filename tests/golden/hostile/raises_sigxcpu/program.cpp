#include <csignal>
int main() { std::raise(SIGXCPU); }
