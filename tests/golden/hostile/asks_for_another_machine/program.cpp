// Intrinsics of a processor that the flags exclude.
#pragma GCC target("no-such-set")
int main() {}
