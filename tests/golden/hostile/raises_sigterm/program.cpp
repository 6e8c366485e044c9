#include <csignal>
int main() { std::raise(SIGTERM); }
