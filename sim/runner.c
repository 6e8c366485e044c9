/* Runs one program under limits and reports how it ended. It is the last trusted process before the
 * program: the sandbox starts it, it applies resource limits and a system-call filter to its only
 * child, executes the program there and writes one line to a descriptor that the child never holds:
 *
 *     <wait status> <wall ns> <user us> <system us> <peak resident KiB> <1 if it was idle>
 *
 * usage: runner REPORT_FD PROFILE CPU_S AS_BYTES STACK_BYTES FSIZE_BYTES NOFILE CPU PROGRAM ARGV0 ARGS...
 * A limit of 0 means none; CPU is the processor to stay on, -1 for any. PROFILE:
 *   program     a native static program: one thread group, no new programs, no executable memory
 *   instrument  the same for a program inside a binary translator, which must make code
 *   interpreter the same for a dynamically linked interpreter
 *   simulator   the same for a simulator that serves each run from a process of its own
 *   compiler    may start programs of its own
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int failure = -1; /* in the child: tells the runner that it failed before the program ran */

static void die(const char *what) {
    perror(what);
    if (failure >= 0 && write(failure, "!", 1) != 1) kill(getppid(), SIGKILL);
    _exit(125);
}

static void limit(int resource, unsigned long long soft, unsigned long long hard) {
    struct rlimit r = {soft, hard};
    if (soft && setrlimit(resource, &r)) die("setrlimit");
}

/* ---- the system-call filter ------------------------------------------------------------------ */

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
                                            __NR_ioctl};
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
    __NR_socketpair, __NR_shmget, __NR_shmat, __NR_semget, __NR_msgget, __NR_mq_open,
    __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_vhangup, __NR_fanotify_init,
    __NR_sendto, __NR_sendmsg, __NR_sendmmsg, __NR_recvfrom, __NR_recvmsg, __NR_recvmmsg,
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
        if (strcmp(profile, "instrument")) refuse(__NR_tkill, EPERM);
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, __NR_tkill); /* a translator needs it for threads */
        load(LOW(0));
        emit(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (unsigned int)getppid());
        answer(REFUSE(EPERM));
        answer(SECCOMP_RET_ALLOW);
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

/* ---- the child --------------------------------------------------------------------------------- */

struct image {
    char path[512];
    char *argv[64];
    char *env[1];
};

/* A page range at a random address that holds the arguments of the one allowed execve. */
static struct image *hidden_image(const char *path, char **args, int count) {
    uint64_t r;
    struct image *image = MAP_FAILED;
    for (int tries = 0; image == MAP_FAILED && tries < 100; tries++) {
        if (getrandom(&r, sizeof r, 0) != sizeof r) die("getrandom");
        uint64_t at = 0x100000000000ull + ((r & 0x3ffffffffull) << 12);
        image = mmap((void *)at, sizeof *image, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    }
    if (image == MAP_FAILED) die("mmap");
    if (strlen(path) >= sizeof image->path || count >= 64) {
        errno = E2BIG;
        die("arguments");
    }
    strcpy(image->path, path);
    memcpy(image->argv, args, sizeof *args * (size_t)count);
    return image;
}

/* Forgets what was inherited and a program could notice: an interpreter, for one, does other work at
 * its start where Ctrl-C is ignored. */
static void start_afresh(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    umask(022);
}

/* Waits for the child; returns whether it had to be ended because it used no processor time for
 * IDLE_SECONDS (it sleeps, or waits for what never comes). A busy host does not look like that. */
#define IDLE_SECONDS 20
static long long now(void);
static int await(pid_t child, int watch, int *status, struct rusage *usage) {
    clockid_t clock;
    struct timespec used, second = {1, 0};
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    watch = watch && !clock_getcpuclockid(child, &clock);
    long long since = now(), before = 0;
    int idle = 0;
    for (;;) {
        pid_t got = wait4(child, status, watch ? WNOHANG : 0, usage);
        if (got == child) return idle;
        if (got < 0 && errno != EINTR) die("wait4");
        if (got == 0) sigtimedwait(&ended, 0, &second);
        if (!watch || clock_gettime(clock, &used)) continue;
        long long spent = used.tv_sec * 1000000000ll + used.tv_nsec;
        if (spent - before > 50000000ll) {
            before = spent;
            since = now();
        } else if (now() - since > IDLE_SECONDS * 1000000000ll) {
            idle = 1;
            kill(child, SIGKILL);
            watch = 0;
        }
    }
}

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc < 11) return 125;
    int report = atoi(argv[1]), cpu = atoi(argv[8]);
    const char *profile = argv[2];
    unsigned long long cpu_s = strtoull(argv[3], 0, 10), as = strtoull(argv[4], 0, 10),
                       stack = strtoull(argv[5], 0, 10), fsize = strtoull(argv[6], 0, 10),
                       nofile = strtoull(argv[7], 0, 10);
    fcntl(report, F_SETFD, FD_CLOEXEC);
    unsetenv("PWD"); /* bubblewrap's own, with --chdir; a program's environment is exactly what we say */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_DUMPABLE, 0);
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set)) die("sched_setaffinity");
    }
    struct image *image = hidden_image(argv[9], argv + 10, argc - 10);
    pid_t runner = getpid();
    long long start = now();
    int told[2];
    if (pipe2(told, O_CLOEXEC)) die("pipe");
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ended, 0); /* it is waited for, with a time limit */
    pid_t child = fork();
    if (child < 0) die("fork");
    if (!child) {
        failure = told[1];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != runner) _exit(125);
        start_afresh();
        limit(RLIMIT_CPU, cpu_s, cpu_s + 1);
        limit(RLIMIT_STACK, stack, stack);
        limit(RLIMIT_FSIZE, fsize, fsize);
        limit(RLIMIT_NOFILE, nofile, 2 * nofile);
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        limit(RLIMIT_AS, as, as);
        personality(ADDR_NO_RANDOMIZE); /* one layout, natively as well: what depends on it shows */
        filter(profile, (unsigned int)nofile, image->path, image->argv, environ);
        execve(image->path, image->argv, environ);
        die(image->path);
    }
    int status;
    struct rusage usage;
    /* A compiler waits for its parts and a simulator for its next program. */
    int watch = strcmp(profile, "compiler") && strcmp(profile, "simulator");
    int idle = await(child, watch, &status, &usage);
    long long wall = now() - start;
    char mark;
    close(told[1]);
    if (read(told[0], &mark, 1) != 0) _exit(125); /* our failure, not the program's: no report */
    dprintf(report, "%d %lld %lld %lld %ld %d\n", status, wall,
            usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec,
            usage.ru_stime.tv_sec * 1000000ll + usage.ru_stime.tv_usec, usage.ru_maxrss, idle);
    return 0;
}
