#include "/dev/null"
int solve() { return 0; }
