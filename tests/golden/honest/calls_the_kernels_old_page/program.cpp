// As old static programs do, it asks for the time by the page of calls at a fixed address.
#include <cstdio>
#include <ctime>
int main() { auto f = (long (*)(long *))0xffffffffff600400; long t = f(nullptr); std::puts(t > 1000 ? "time" : "none"); }
