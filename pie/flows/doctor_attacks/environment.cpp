// any: a program sees no environment of the host
extern char **environ;
int main() { return environ && *environ; }
