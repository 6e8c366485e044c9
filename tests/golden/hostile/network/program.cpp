// No socket but a pair of connected streams, which reaches nobody and passes no descriptors.
#include <arpa/inet.h>
#include <cstdio>
#include <initializer_list>
#include <sys/socket.h>
#include <sys/un.h>
int main() {
    int open = 0, pair[2], reached = 0;
    for (int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET})
        for (int kind : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW}) open += socket(family, kind, 0) >= 0;
    for (int kind : {SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW})
        open += socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, pair) == 0;
    for (int family : {AF_INET, AF_INET6, AF_NETLINK})
        open += socketpair(family, SOCK_STREAM, 0, pair) == 0;
    int paired = socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0;
    sockaddr_un name{AF_UNIX, "\0anybody"};
    const sockaddr *address = reinterpret_cast<sockaddr *>(&name);
    reached += sendto(pair[0], "x", 1, 0, address, sizeof name) >= 0;
    reached += connect(pair[0], address, sizeof name) == 0;
    reached += bind(pair[0], address, sizeof name) == 0;
    char space[CMSG_SPACE(sizeof(int))]{}, byte = 'x';
    iovec part{&byte, 1};
    msghdr message{nullptr, 0, &part, 1, space, sizeof space, 0};
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET, header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    reached += sendmsg(pair[0], &message, 0) >= 0;
    // The pair itself works.
    int passed = send(pair[0], "yes", 3, 0) == 3 && recv(pair[1], space, 3, 0) == 3;
    std::printf("%d %d %d %d\n", open, paired, reached, passed);
}
