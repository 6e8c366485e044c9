/* Calls that are allowed with certain arguments alone (see call_filter.h, its only reader). */

/* Allows a call with certain values of argument `i` alone; with others it is answered with `otherwise`. */
static void allow_values(unsigned int number, int i, const unsigned int *values, unsigned int count,
                         unsigned int otherwise) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, (unsigned char)(count + 3), number);
    load(LOW(i));
    for (unsigned int k = 0; k < count; k++)
        emit(BPF_JMP | BPF_JEQ | BPF_K, (unsigned char)(count - k), 0, values[k]);
    answer(otherwise);
    answer(SECCOMP_RET_ALLOW);
}
#define ALLOW_VALUES(number, i, otherwise, ...) \
    do { \
        static const unsigned int values[] = {__VA_ARGS__}; \
        allow_values(number, i, values, sizeof values / sizeof *values, otherwise); \
    } while (0)

/* Allows no sockets but a pair of connected streams, a pipe of two directions: an event loop wakes
 * itself by one. It has no address, is sent none (the kernel refuses one to a connected stream) and
 * passes no descriptors, since sendmsg stays refused. */
static void allow_pair_only(void) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 7, __NR_socketpair);
    load(LOW(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, AF_UNIX);
    load(LOW(1));
    emit(BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf /* its type, without flags */);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SOCK_STREAM);
    answer(REFUSE(EPERM));
    answer(SECCOMP_RET_ALLOW);
}

/* Calls that do many things by an argument: those that libraries do. Locks, leases, hints and attributes of files stay
 * behind or show to others; a filter computes in the kernel; advice can empty the page cache. */
static void by_argument(void) {
    enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };
    ALLOW_VALUES(__NR_fcntl, 1, forbidden, F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC,
                 F_GETPIPE_SZ);
    ALLOW_VALUES(__NR_ioctl, 1, forbidden, TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCGPGRP, FIONREAD,
                 FIONBIO, FIOCLEX, FIONCLEX);
    ALLOW_VALUES(__NR_prctl, 0, forbidden, PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_GET_TID_ADDRESS,
                 PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_GET_PDEATHSIG, 0x53564d41 /* names of mappings */);
    ALLOW_VALUES(__NR_arch_prctl, 0, REFUSE(EINVAL), SET_GS, SET_FS, GET_FS, GET_GS);
    ALLOW_VALUES(__NR_madvise, 2, REFUSE(EINVAL), MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
                 MADV_DONTNEED, MADV_FREE, MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP);
    allow_pair_only();
}
