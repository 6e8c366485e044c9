#include "/etc/hostname"
int main() {}
