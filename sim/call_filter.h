/* The system-call filter of a measured program, by profile (see runner.c, its only reader).
 *
 * A measured program has the calls of system_calls.h and no others. One that it has not is reported to the runner, which
 * ends the program and tells the call's name; where the kernel cannot report, the kernel ends it, without a name. What
 * is trusted itself, a compiler and a simulator, is only kept from what reaches beyond the sandbox.
 *
 * Classic BPF, built call by call: each rule begins and ends with the call's number in the accumulator,
 * and either answers or falls through to the next. */

#include "system_calls.h"

enum { NEWER = 450 }; /* calls newer than the list are missing, as on an older kernel */

static struct sock_filter code[1024];
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

static unsigned int forbidden; /* what becomes of a call that ends the run */

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
    load(NUMBER);
}

/* Keeps a guest from the translator's descriptors, which lie above its own. The translator refuses
 * them itself, but not in these calls: a copy below, or a write past its check, could forge its log. */
static void guard_descriptors(unsigned int first) {
    static const unsigned int by_first[] = {__NR_dup, __NR_dup2, __NR_dup3, __NR_writev, __NR_pwrite64,
                                            __NR_pwritev, __NR_pwritev2, __NR_sendfile, __NR_sendto,
                                            __NR_recvfrom, __NR_shutdown, __NR_ioctl};
    for (size_t i = 0; i < sizeof by_first / sizeof *by_first; i++) refuse_above(by_first[i], 0, first);
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
    load(NUMBER);
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

/* Calls that the trusted profiles are kept from; a simulator's guest has them of the simulator. */
static const unsigned int beyond_the_sandbox[] = {
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
    __NR_socketpair, __NR_shmget, __NR_shmat, __NR_semget, __NR_msgget, __NR_mq_open,
    __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_vhangup, __NR_fanotify_init,
    __NR_sendto, __NR_sendmsg, __NR_sendmmsg, __NR_recvfrom, __NR_recvmsg, __NR_recvmmsg,
    __NR_shutdown, __NR_setsockopt, __NR_connect, __NR_bind, __NR_listen, __NR_accept, __NR_accept4,
    __NR_io_setup, __NR_io_submit,
};

#include "call_arguments.h"

static const struct {
    short number, error; /* ALLOWED, FORBIDDEN or what it is answered with */
} answers[] = {
#define ALLOWED (-1)
#define FORBIDDEN (-2)
#define AS_ALLOWED(number, name) {number, ALLOWED},
#define AS_DENIED(number, name, error) {number, error},
#define AS_REFUSED(number, name) {number, FORBIDDEN},
    SYSTEM_CALLS(AS_ALLOWED, AS_DENIED, AS_REFUSED)
};

/* Answers every call by the list, in ranges of equal answers. */
static void by_list(void) {
    const size_t count = sizeof answers / sizeof *answers;
    for (size_t i = 0; i < count; i++) {
        short error = answers[i].error;
        if (i + 1 < count && answers[i + 1].error == error) continue;
        unsigned int last = i + 1 < count ? (unsigned int)answers[i + 1].number - 1 : NEWER;
        if (i + 1 < count) emit(BPF_JMP | BPF_JGT | BPF_K, 1, 0, last);
        answer(error == ALLOWED ? SECCOMP_RET_ALLOW : error == FORBIDDEN ? forbidden : REFUSE((unsigned int)error));
    }
}

/* The name of a call; of one that is not known, "?". */
static const char *name_of_call(int number) {
    switch (number) {
#define NAME(number, name, ...) case number: return #name;
        SYSTEM_CALLS(NAME, NAME, NAME)
    default: return "?";
    }
}

/* Allows a call whose first argument has a certain low word; with others it goes on to the rules that follow. */
static void allow_if(unsigned int number, unsigned int value) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
    load(LOW(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    answer(SECCOMP_RET_ALLOW);
    load(NUMBER);
}

static int is_translator(const char *profile) { return !strcmp(profile, "instrument") || !strcmp(profile, "server"); }

/* The addresses of a translator's text, by which its calls are told from a program's that runs past it. */
enum { TRANSLATOR = 0x58000000, TRANSLATOR_END = 0x58400000 };

static int from_translator(uint64_t ip) { return ip >= TRANSLATOR && ip < TRANSLATOR_END; }

/* Under a binary translator every system call is made by the translator's own code. A call from any
 * other address is made by a program that got its own code to run past the translator. */
static void only_from_translator(void) {
    load(IP + 4);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
    load(IP);
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, TRANSLATOR);
    emit(BPF_JMP | BPF_JGE | BPF_K, 0, 1, TRANSLATOR_END);
    answer(forbidden);
    load(NUMBER);
}

/* A descriptor that no process has: a call of lseek on it marks a moment (guest/marks.py). */
enum { MARK = 0x504945 };

/* Has the runner answer a call. */
static void ask(unsigned int number) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number);
    answer(SECCOMP_RET_USER_NOTIF);
}

/* Has the runner hear of the moments that a harness marks, where the kernel can tell it. */
static void hear_marks(void) {
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, __NR_lseek);
    load(LOW(0));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, MARK);
    answer(forbidden == SECCOMP_RET_USER_NOTIF ? SECCOMP_RET_USER_NOTIF : REFUSE(EBADF));
    load(NUMBER);
}

/* An interpreter that serves many tests makes their processes. Which process asks, the runner knows alone: it allows
 * each one step, and the tests themselves none. No pointer is looked at, so that what it allows is what is done. */
static void processes_of_tests(void) {
    refuse(__NR_fork, EPERM);
    refuse(__NR_vfork, EPERM);
    refuse(__NR_clone3, ENOSYS);
    own_limits_only();
    ask(__NR_kill);
    ask(__NR_tgkill);
    emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 6, __NR_clone);
    load(LOW(0));
    emit(BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x7e020000 /* CLONE_NEW* */);
    answer(REFUSE(EPERM));
    emit(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 0x10000 /* CLONE_THREAD */);
    answer(SECCOMP_RET_USER_NOTIF);
    answer(SECCOMP_RET_ALLOW);
}

static void new_processes(int simulator) {
    if (!simulator) {
        refuse(__NR_fork, EPERM);
        refuse(__NR_vfork, EPERM);
    }
    refuse(__NR_clone3, ENOSYS); /* its flags lie in memory; the C library then uses clone */
    own_limits_only();
    require(__NR_kill, 0, (unsigned int)getpid());
    if (!simulator) { /* its children abort by tgkill; the guest's own calls never get here */
        require(__NR_tgkill, 0, (unsigned int)getpid());
        refuse_bits(__NR_clone, 0, 0x10000 /* CLONE_THREAD */, 0);
    }
    refuse_bits(__NR_clone, 0, 0x7e020000 /* CLONE_NEW* */, 1);
}

static void thread_signals(int instrument) {
    /* A translator wakes its threads with the last signal, which it refuses to its guest. */
    if (instrument) require(__NR_tkill, 1, 64);
    else refuse(__NR_tkill, EPERM);
}

static void trusted(int simulator) {
    for (size_t i = 0; i < sizeof beyond_the_sandbox / sizeof *beyond_the_sandbox; i++)
        refuse(beyond_the_sandbox[i], EPERM);
    if (simulator) {
        static const unsigned int more[] = {
            __NR_execveat, __NR_memfd_create, __NR_setsid, __NR_setpriority, __NR_ioprio_set, __NR_sched_setaffinity,
            __NR_sched_setscheduler, __NR_sched_setparam, __NR_sched_setattr, __NR_chmod, __NR_fchmod, __NR_fchmodat,
            __NR_chown, __NR_fchown, __NR_lchown, __NR_fchownat, __NR_utime, __NR_utimes, __NR_futimesat,
            __NR_utimensat, __NR_setxattr, __NR_lsetxattr, __NR_fsetxattr, __NR_removexattr, __NR_lremovexattr,
            __NR_fremovexattr, __NR_flock, __NR_mincore,
        };
        for (size_t i = 0; i < sizeof more / sizeof *more; i++) refuse(more[i], EPERM);
        new_processes(1);
        thread_signals(0);
    }
    answer(SECCOMP_RET_ALLOW);
}

/* What a translator needs that serves each test from a process of its own. The process takes it away again before the
 * program goes on in it (skylake/forks.c): the program's calls come from the translator's text, too. */
static void serving(void) {
    static const unsigned int calls[] = {__NR_recvmsg, __NR_pidfd_open, __NR_kill, __NR_tgkill};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, calls[i]);
        answer(SECCOMP_RET_ALLOW);
    }
    allow_if(__NR_clone, SIGCHLD);
    allow_if(__NR_prctl, PR_SET_PDEATHSIG);
    allow_if(__NR_prctl, PR_SET_SECCOMP);
}

static void measured(const char *profile, unsigned int nofile) {
    int program = !strcmp(profile, "program"), instrument = is_translator(profile), warm = !strcmp(profile, "warm");
    if (!strcmp(profile, "server")) serving();
    if (warm || !strcmp(profile, "script")) hear_marks();
    if (warm) processes_of_tests();
    else new_processes(0);
    thread_signals(instrument);
    if (instrument) {
        guard_descriptors(nofile);
        /* The translator itself looks which pages its program has touched; the program's own call it refuses. */
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_mincore);
        answer(SECCOMP_RET_ALLOW);
        allow_if(__NR_prctl, PR_SET_THP_DISABLE);
    }
    if (!instrument) {
        /* What the limit of the main stack is, the runner answers (runner.c). Without it there is no answer:
         * the C library takes the limit for the size of each thread's stack, else 2 MiB. */
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 8, __NR_prlimit64);
        load(LOW(1));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 5, RLIMIT_STACK);
        load(LOW(2));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0);
        load(HIGH(2));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
        answer(forbidden == SECCOMP_RET_USER_NOTIF ? SECCOMP_RET_USER_NOTIF : REFUSE(EPERM));
        answer(SECCOMP_RET_ALLOW);
    }
    if (program) {
        refuse_bits(__NR_mmap, 2, PROT_EXEC, 1);
        refuse_bits(__NR_mprotect, 2, PROT_EXEC, 1);
    }
    by_argument();
    by_list();
}

static void build(const char *profile, unsigned int nofile, const void *path, const void *argv, const void *env) {
    int compiler = !strcmp(profile, "compiler"), simulator = !strcmp(profile, "simulator");
    length = 0;
    load(offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
    answer(forbidden); /* 32-bit calls have other numbers */
    load(NUMBER);
    if (!compiler) allow_one_execve(path, argv, env);
    if (is_translator(profile)) only_from_translator();
    emit(BPF_JMP | BPF_JGT | BPF_K, 0, 1, NEWER); /* x32 calls, too */
    answer(REFUSE(ENOSYS));
    if (compiler || simulator) trusted(simulator);
    else measured(profile, nofile);
}

/* Installs the filter; returns the descriptor by which the kernel tells of calls that end the run, or -1. */
static int filter(const char *profile, unsigned int nofile, const void *path, const void *argv,
                  const void *env) {
    struct sock_fprog p = {0, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) die("no_new_privs");
    if (strcmp(profile, "compiler") && strcmp(profile, "simulator")) {
        forbidden = SECCOMP_RET_USER_NOTIF;
        build(profile, nofile, path, argv, env);
        p.len = length;
        long listener = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &p);
        if (listener >= 0) return (int)listener;
    }
    forbidden = SECCOMP_RET_KILL_PROCESS;
    build(profile, nofile, path, argv, env);
    p.len = length;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p)) die("seccomp");
    return -1;
}
