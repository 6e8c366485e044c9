// any: a program cannot open a socket
#include <sys/socket.h>
int main() { return socket(AF_INET, SOCK_STREAM, 0) >= 0 || socket(AF_UNIX, SOCK_STREAM, 0) >= 0; }
