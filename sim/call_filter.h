/* The system-call filter of a measured program, by profile (see runner.c, its only reader).
 *
 * Classic BPF, built call by call: each rule begins and ends with the call's number in the accumulator,
 * and either answers or falls through to the next. */

static struct sock_filter code[512];
static unsigned short length;

static void emit(unsigned short op, unsigned char jt, unsigned char jf, unsigned int k) {
    if (length == sizeof code / sizeof *code) die("filter too long");
    code[length++] = (struct sock_filter){op, jt, jf, k};
}
static void load(size_t offset) { emit(BPF_LD | BPF_W | BPF_ABS, 0, 0, (unsigned int)offset); }
static void answer(unsigned int value) { emit(BPF_RET | BPF_K, 0, 0, value); }

#define NUMBER offsetof(struct seccomp_data, nr)
#define IP offsetof(struct seccomp_data, instruction_pointer)
#define LOW(i) (offsetof(struct seccomp_data, args) + 8 * (i))
#define HIGH(i) (LOW(i) + 4)
#define REFUSE(e) (SECCOMP_RET_ERRNO | (e))

/* Refuses a call outright. The call's number is in the accumulator. */
static void refuse(unsigned int number, unsigned int error) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number);
    answer(REFUSE(error));
}

/* Refuses a call unless the low word of argument `i` is `value`. */
static void require(unsigned int number, int i, unsigned int value) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
    load(LOW(i));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
    answer(REFUSE(EPERM));
    answer(SECCOMP_RET_ALLOW);
}

/* Refuses a call if (argument `i` & bits) has, or lacks, any bit. */
static void refuse_bits(unsigned int number, int i, unsigned int bits, int when_set) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
    load(LOW(i));
    emit(BPF_JMP | BPF_JSET | BPF_K, when_set ? 0 : 1, when_set ? 1 : 0, bits);
    answer(REFUSE(EPERM));
    answer(SECCOMP_RET_ALLOW);
}

/* Refuses a call whose argument `i` is a descriptor at or above the guest's own ones. */
static void refuse_above(unsigned int number, int i, unsigned int first) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
    load(LOW(i));
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, first);
    answer(REFUSE(EBADF));
    answer(SECCOMP_RET_ALLOW);
}

/* Keeps a guest from the translator's descriptors, which lie above its own. The translator refuses
 * them itself, but not in these calls: a copy below, or a write past its check, could forge its log. */
static void guard_descriptors(unsigned int first) {
    static const unsigned int by_first[] = {__NR_dup, __NR_dup2, __NR_dup3, __NR_writev, __NR_pwrite64,
                                            __NR_pwritev, __NR_pwritev2, __NR_sendfile, __NR_vmsplice,
                                            __NR_ioctl, __NR_sendto, __NR_recvfrom};
    for (size_t i = 0; i < sizeof by_first / sizeof *by_first; i++) refuse_above(by_first[i], 0, first);
    refuse_above(__NR_tee, 1, first);
    refuse_above(__NR_splice, 2, first);
    refuse_above(__NR_copy_file_range, 2, first);
    /* The translator moves its own descriptors up with F_DUPFD; down, or changing the flags that a
     * copy shares, is refused. */
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 10, __NR_fcntl);
    load(LOW(0));
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 7, first);
    load(LOW(1));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, F_SETFL);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, F_DUPFD);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, F_DUPFD_CLOEXEC);
    load(LOW(2));
    emit(BPF_JMP | BPF_JGE | BPF_K, 1, 0, first);
    answer(REFUSE(EBADF));
    answer(SECCOMP_RET_ALLOW);
}

/* Allows execve only with the three pointers of our own one call. They lie on a page at a random
 * address that the program cannot know, so it can never execute a second program. */
static void allow_one_execve(const void *path, const void *argv, const void *env) {
    const uint64_t wanted[3] = {(uint64_t)path, (uint64_t)argv, (uint64_t)env};
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 14, __NR_execve);
    for (int i = 0; i < 3; i++) {
        load(LOW(i));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, (unsigned char)(11 - 4 * i), (unsigned int)wanted[i]);
        load(HIGH(i));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, (unsigned char)(9 - 4 * i), (unsigned int)(wanted[i] >> 32));
    }
    answer(SECCOMP_RET_ALLOW);
    answer(REFUSE(EPERM));
}

/* Refuses to see or set the limits of another process: zero CPU time would end the supervisor. What
 * a process asks of its own limits goes on to the rules that follow. */
static void own_limits_only(void) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, __NR_prlimit64);
    load(LOW(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0);
    answer(REFUSE(EPERM));
    load(NUMBER);
}

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

static const unsigned int refused_always[] = {
    __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_kcmp, __NR_pidfd_open,
    __NR_pidfd_getfd, __NR_pidfd_send_signal, __NR_bpf, __NR_perf_event_open, __NR_userfaultfd,
    __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register, __NR_keyctl, __NR_add_key,
    __NR_request_key, __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot, __NR_unshare, __NR_setns,
    __NR_move_mount, __NR_open_tree, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
    __NR_mount_setattr, __NR_open_by_handle_at, __NR_name_to_handle_at, __NR_kexec_load,
    __NR_kexec_file_load, __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_personality,
    __NR_quotactl, __NR_reboot, __NR_swapon, __NR_swapoff, __NR_syslog, __NR_acct, __NR_iopl,
    __NR_ioperm, __NR_modify_ldt, __NR_settimeofday, __NR_clock_settime, __NR_clock_adjtime,
    __NR_adjtimex, __NR_sethostname, __NR_setdomainname, __NR_lookup_dcookie, __NR_socket,
    __NR_shmget, __NR_shmat, __NR_semget, __NR_msgget, __NR_mq_open,
    __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_vhangup, __NR_fanotify_init,
    __NR_sendmsg, __NR_sendmmsg, __NR_recvmsg, __NR_recvmmsg,
    __NR_shutdown, __NR_setsockopt, __NR_connect, __NR_bind, __NR_listen, __NR_accept, __NR_accept4,
    __NR_io_setup, __NR_io_submit,
};

/* Under a binary translator every system call is made by the translator's own code. A call from any
 * other address is made by a program that got its own code to run past the translator. */
static void only_from_translator(void) {
    load(IP + 4);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
    load(IP);
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x58000000); /* Valgrind's text, by its link address */
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x58400000);
    answer(SECCOMP_RET_KILL_PROCESS);
    load(NUMBER);
}

static void filter(const char *profile, unsigned int nofile, const void *path, const void *argv,
                   const void *env) {
    int compiler = !strcmp(profile, "compiler"), program = !strcmp(profile, "program");
    int simulator = !strcmp(profile, "simulator");
    load(offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
    answer(SECCOMP_RET_KILL_PROCESS); /* 32-bit calls have other numbers */
    load(NUMBER);
    if (!compiler) allow_one_execve(path, argv, env);
    if (!strcmp(profile, "instrument")) only_from_translator();
    emit(BPF_JMP | BPF_JGT | BPF_K, 0, 1, 450); /* x32 calls, and calls newer than this list */
    answer(REFUSE(ENOSYS));
    for (size_t i = 0; i < sizeof refused_always / sizeof *refused_always; i++)
        refuse(refused_always[i], EPERM);
    if (compiler || simulator) {
        refuse(__NR_socketpair, EPERM);
        refuse(__NR_sendto, EPERM);
        refuse(__NR_recvfrom, EPERM);
    } else allow_pair_only();
    if (!compiler) {
        if (!simulator) {
            refuse(__NR_fork, EPERM);
            refuse(__NR_vfork, EPERM);
        }
        refuse(__NR_clone3, ENOSYS); /* its flags lie in memory; the C library then uses clone */
        refuse(__NR_execveat, EPERM);
        refuse(__NR_memfd_create, EPERM);
        refuse(__NR_setsid, EPERM);
        refuse(__NR_setpriority, EPERM);
        refuse(__NR_ioprio_set, EPERM);
        refuse(__NR_sched_setaffinity, EPERM);
        refuse(__NR_sched_setscheduler, EPERM);
        refuse(__NR_sched_setparam, EPERM);
        refuse(__NR_sched_setattr, EPERM);
        own_limits_only();
        require(__NR_kill, 0, (unsigned int)getpid());
        if (!simulator) { /* its children abort by tgkill; the guest's own calls never get here */
            require(__NR_tgkill, 0, (unsigned int)getpid());
            refuse_bits(__NR_clone, 0, 0x10000 /* CLONE_THREAD */, 0);
        }
        refuse_bits(__NR_clone, 0, 0x7e020000 /* CLONE_NEW* */, 1);
        /* A translator wakes its threads with the last signal, which it refuses to its guest. */
        if (strcmp(profile, "instrument")) refuse(__NR_tkill, EPERM);
        else require(__NR_tkill, 1, 64);
    }
    if (!strcmp(profile, "instrument")) guard_descriptors(nofile);
    if (program || !strcmp(profile, "interpreter")) {
        /* The C library takes the limit of the main stack for the size of each thread's stack, so a
         * few threads would fill the address space; without an answer it takes 2 MiB. */
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 8, __NR_prlimit64);
        load(LOW(1));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, RLIMIT_STACK);
        load(LOW(2));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
        load(HIGH(2));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        answer(REFUSE(EPERM));
        answer(SECCOMP_RET_ALLOW);
    }
    if (program) {
        refuse_bits(__NR_mmap, 2, PROT_EXEC, 1);
        refuse_bits(__NR_mprotect, 2, PROT_EXEC, 1);
        refuse(__NR_pkey_mprotect, EPERM);
    }
    answer(SECCOMP_RET_ALLOW);
    struct sock_fprog p = {length, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) die("no_new_privs");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p)) die("seccomp");
}
