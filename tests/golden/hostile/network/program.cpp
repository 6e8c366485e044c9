#include <arpa/inet.h>
#include <cstdio>
#include <initializer_list>
#include <sys/socket.h>
int main() {
    int open = 0, pair[2];
    for (int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET})
        for (int kind : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW}) open += socket(family, kind, 0) >= 0;
    open += socketpair(AF_INET, SOCK_STREAM, 0, pair) == 0;
    std::printf("%d\n", open);
}
