/* Runs one program under limits and reports how it ended. It is the last trusted process before the
 * program: the sandbox starts it, it applies resource limits and a system-call filter to its only
 * child, executes the program there and writes one line to a descriptor that the child never holds:
 *
 *     <wait status> <wall ns> <user us> <system us> <peak resident KiB> <1 if it was idle> <call> <1 if forged>
 *
 * The call is the name of a system call that ended the run: "-" for none, "?" where the kernel told no name. It is
 * forged if it was made in another way than a program of this kind can honestly make one (call_filter.h).
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
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
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

#include "call_filter.h"

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

/* ---- the runner ------------------------------------------------------------------------------- */

static long long now(void);

static struct {
    pid_t child;
    int ended;    /* a descriptor that can be read once the child has ended */
    int listener; /* by which the kernel tells of calls that end the run; -1: there is none */
    int translated, idle, forged;
    const char *call;
} run = {.listener = -1, .call = "-"};

/* The child shares our descriptors until it executes the program, so that the kernel's is ours, too. */
static void find_listener(const volatile int *told) {
    struct pollfd end = {run.ended, POLLIN};
    while (!*told && poll(&end, 1, 1) == 0) {}
    run.listener = *told - 1; /* it is told plus one; 0 and -1 mean none */
    if (run.listener < 0) run.listener = -1;
}

/* Answers a program that asks for the limit of its main stack. The C library does at its start, and takes it for
 * the size of each thread's stack, of which a few would fill the address space: it is told the usual one. */
static void tell_stack_limit(const struct seccomp_notif *asked) {
    static const struct rlimit usual = {8 << 20, RLIM_INFINITY};
    static int told;
    struct iovec here = {(void *)&usual, sizeof usual}, there = {(void *)asked->data.args[3], sizeof usual};
    struct seccomp_notif_resp answer = {.id = asked->id};
    if (told++) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE; /* the truth */
    else if (process_vm_writev(run.child, &here, 1, &there, 1, 0) != sizeof usual) answer.error = -EPERM;
    ioctl(run.listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Ends a program that made a call which it has not, and keeps the call's name; whether it did. */
static int refuse_call(void) {
    struct seccomp_notif told;
    memset(&told, 0, sizeof told);
    if (ioctl(run.listener, SECCOMP_IOCTL_NOTIF_RECV, &told)) run.call = "?"; /* a signal came between */
    else if (!run.translated && told.data.arch == AUDIT_ARCH_X86_64 && told.data.nr == __NR_prlimit64) {
        tell_stack_limit(&told);
        return 0;
    } else {
        run.call = name_of_call(told.data.nr);
        run.forged = told.data.arch != AUDIT_ARCH_X86_64 ||
                     (run.translated && !from_translator(told.data.instruction_pointer));
    }
    kill(run.child, SIGKILL);
    return 1;
}

/* Waits for the child; ends it when it makes a call that it has not, or uses no processor time for IDLE_SECONDS (it
 * sleeps, or waits for what never comes). A busy host does not look like that. */
#define IDLE_SECONDS 20
static void await(int watch) {
    clockid_t clock;
    struct timespec used;
    watch = watch && !clock_getcpuclockid(run.child, &clock);
    long long since = now(), before = 0;
    struct pollfd at[2] = {{run.ended, POLLIN}, {run.listener, POLLIN}};
    for (;;) {
        int got = poll(at, 2, watch ? 1000 : -1);
        if (got < 0 && errno != EINTR) die("poll");
        if (got > 0 && at[0].revents) return;
        if (got > 0 && at[1].revents) {
            if (!(at[1].revents & POLLIN) || refuse_call()) at[1].fd = -1;
        }
        if (!watch || clock_gettime(clock, &used)) continue;
        long long spent = used.tv_sec * 1000000000ll + used.tv_nsec;
        if (spent - before > 50000000ll) {
            before = spent;
            since = now();
        } else if (now() - since > IDLE_SECONDS * 1000000000ll) {
            run.idle = 1;
            kill(run.child, SIGKILL);
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
    volatile int *listener = mmap(0, sizeof *listener, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (listener == MAP_FAILED) die("mmap");
    pid_t child = (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
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
        *listener = filter(profile, (unsigned int)nofile, image->path, image->argv, environ) + 1 ?: -1;
        execve(image->path, image->argv, environ);
        die(image->path);
    }
    run.child = child;
    run.translated = !strcmp(profile, "instrument");
    run.ended = (int)syscall(__NR_pidfd_open, child, 0);
    if (run.ended < 0) die("pidfd_open");
    find_listener(listener);
    /* A compiler waits for its parts and a simulator for its next program. */
    await(strcmp(profile, "compiler") && strcmp(profile, "simulator"));
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) != child)
        if (errno != EINTR) die("wait4");
    long long wall = now() - start;
    char mark;
    close(told[1]);
    if (read(told[0], &mark, 1) != 0) _exit(125); /* our failure, not the program's: no report */
    /* Without a descriptor the kernel itself ended it: how, it does not tell. */
    if (run.listener < 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) run.call = "?";
    dprintf(report, "%d %lld %lld %lld %ld %d %s %d\n", status, wall,
            usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec,
            usage.ru_stime.tv_sec * 1000000ll + usage.ru_stime.tv_usec, usage.ru_maxrss, run.idle, run.call,
            run.forged);
    return 0;
}
