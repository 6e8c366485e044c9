/* Runs one program under limits and reports how it ended. It is the last trusted process before the
 * program: the sandbox starts it, it applies resource limits and a system-call filter to its only
 * child, executes the program there and writes one line to a descriptor that the child never holds:
 *
 *     <wait status> <wall ns> <user us> <system us> <peak resident KiB> <1 if it was idle>
 *
 * usage: runner REPORT_FD[,GROUP_FD] PROFILE CPU_S AS_BYTES STACK_BYTES FSIZE_BYTES NOFILE CPU PROGRAM ARGV0 ARGS...
 * GROUP_FD is the list of a control group's members: the child joins it, and is bounded by it.
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
    char *comma = strchr(argv[1], ',');
    int report = atoi(argv[1]), group = comma ? atoi(comma + 1) : -1, cpu = atoi(argv[8]);
    const char *profile = argv[2];
    unsigned long long cpu_s = strtoull(argv[3], 0, 10), as = strtoull(argv[4], 0, 10),
                       stack = strtoull(argv[5], 0, 10), fsize = strtoull(argv[6], 0, 10),
                       nofile = strtoull(argv[7], 0, 10);
    fcntl(report, F_SETFD, FD_CLOEXEC);
    if (group >= 0) fcntl(group, F_SETFD, FD_CLOEXEC);
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
        if (group >= 0 && write(group, "0", 1) != 1) die("control group");
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
        int error = errno;
        if (!strcmp(profile, "program") && !access(image->path, X_OK)) {
            dprintf(2, "the program cannot be loaded (%s)\n", strerror(error));
            _exit(127); /* its own failure: it can name an interpreter that does not exist */
        }
        errno = error;
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
