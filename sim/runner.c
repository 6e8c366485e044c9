/* Runs one program under limits and reports how it ended. It is the last trusted process before the
 * program: the sandbox starts it, it applies resource limits and a system-call filter to its only
 * child, executes the program there and writes one line to a descriptor that the child never holds:
 *
 *     <wait status> <wall ns> <user us> <system us> <peak resident KiB> <1 idle, 2 asleep> <call> <1 if forged>
 *     <us of processor time before a script's own program began> <most bytes resident that were seen> <byte seconds>
 *
 * The call is the name of a system call that ended the run: "-" for none, "?" where the kernel told no name. It is
 * forged if it was made in another way than a program of this kind can honestly make one (call_filter.h).
 *
 * usage: runner REPORT_FD[,GROUP_FD][:PROC_FD][@CONTROL_FD][%SAMPLE_MS] PROFILE CPU_S AS_BYTES STACK_BYTES FSIZE_BYTES NOFILE CPU PROGRAM ARGV0 ARGS...
 * GROUP_FD is the list of a control group's members: the child joins it, and is bounded by it.
 * PROC_FD is the host's /proc, in which the runner looks up how long the child waits for a processor.
 * SAMPLE_MS is how often to look at the child's resident memory; the last two numbers are 0 without.
 * CONTROL_FD is a socket of messages. With it the program is run once for each message "run CPU_S", which takes along
 * its input, output and error output; "kill" ends it. The answer is "ended", the line above, and 1 if it left
 * something in /tmp.
 * A limit of 0 means none; CPU is the processor to stay on, -1 for any. PROFILE:
 *   program     a native static program: one thread group, no new programs, no executable memory
 *   instrument  the same for a program inside a binary translator, which must make code
 *   server      the same for such a translator that serves each test from a process of its own
 *   interpreter the same for a dynamically linked interpreter
 *   script      the same for an interpreter whose harness marks where the program begins
 *   warm        the same for such an interpreter that serves each test from a process of its own (warm.h)
 *   simulator   the same for a simulator that serves each run from a process of its own
 *   compiler    may start programs of its own
 */
#define _GNU_SOURCE
#include <dirent.h>
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
#include <sys/socket.h>
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

#include "asleep.h"
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


static struct {
    pid_t child;
    int ended;    /* a descriptor that can be read once the child has ended */
    int listener; /* by which the kernel tells of calls that end the run; -1: there is none */
    int translated, idle, forged;
    int limit_told;  /* what its main stack's limit is */
    long long begun; /* its processor time in us when its own program began; 0: no harness has said */
    const char *call;
} run = {.listener = -1, .call = "-"};

/* The child shares our descriptors until it executes the program, so that the kernel's is ours, too. */
static void find_listener(const volatile int *told) {
    struct pollfd end = {run.ended, POLLIN};
    while (!*told && poll(&end, 1, 1) == 0) {}
    run.listener = *told - 1; /* it is told plus one; 0 and -1 mean none */
    if (run.listener < 0) run.listener = -1;
}

#include "asked_calls.h"

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

#include "watching.h"

/* How the program is run, each time. */
static struct {
    const char *profile;
    unsigned long long cpu_s, as, stack, fsize, nofile;
    int group, proc; /* descriptors; -1: there is none */
    struct image *image;
    pid_t runner;
} plan;

enum { REPORT = 256 };

static void write_report(char report[REPORT], int status, long long wall, const struct rusage *usage) {
    if (resident.file >= 0) close(resident.file);
    resident.file = -1;
    snprintf(report, REPORT, "%d %lld %lld %lld %ld %d %s %d %lld %lld %.0f", status, wall,
             usage->ru_utime.tv_sec * 1000000ll + usage->ru_utime.tv_usec,
             usage->ru_stime.tv_sec * 1000000ll + usage->ru_stime.tv_usec, usage->ru_maxrss, run.idle, run.call,
             run.forged, run.begun, resident.peak, resident.byte_seconds);
}

/* Begins to look at a child. */
static void look_at(pid_t child) {
    run.child = child;
    run.idle = run.forged = run.limit_told = 0;
    run.begun = 0;
    run.call = "-";
    run.ended = (int)syscall(__NR_pidfd_open, child, 0);
    if (run.ended < 0) die("pidfd_open");
}

static void become_program(int told, volatile int *listener, char *task) {
    int server = !strcmp(plan.profile, "server") || !strcmp(plan.profile, "warm");
    failure = told;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != plan.runner) _exit(125);
    if (plan.group >= 0 && write(plan.group, "0", 1) != 1) die("control group");
    ssize_t length = plan.proc < 0 ? -1 : readlinkat(plan.proc, "self", task, 32);
    if (length > 0) strcpy(task + length, "/task");
    start_afresh();
    /* A server has no end of its own: it lifts its limit once it serves, and gives each test one. */
    setrlimit(RLIMIT_CPU, &(struct rlimit){plan.cpu_s ?: RLIM_INFINITY,
                                           server || !plan.cpu_s ? RLIM_INFINITY : plan.cpu_s + 1});
    limit(RLIMIT_STACK, plan.stack, plan.stack);
    limit(RLIMIT_FSIZE, plan.fsize, plan.fsize);
    limit(RLIMIT_NOFILE, plan.nofile, 2 * plan.nofile);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    limit(RLIMIT_AS, plan.as, plan.as);
    personality(ADDR_NO_RANDOMIZE); /* one layout, natively as well: what depends on it shows */
    struct image *image = plan.image;
    *listener = filter(plan.profile, (unsigned int)plan.nofile, image->path, image->argv, environ) + 1 ?: -1;
    execve(image->path, image->argv, environ);
    int error = errno;
    if (!strcmp(plan.profile, "program") && !access(image->path, X_OK)) {
        dprintf(2, "the program cannot be loaded (%s)\n", strerror(error));
        _exit(127); /* its own failure: it can name an interpreter that does not exist */
    }
    errno = error;
    die(image->path);
}

/* Runs the program to its end; writes how it ended. */
static void run_once(int control, char report[REPORT]) {
    long long start = now();
    int told[2];
    if (pipe2(told, O_CLOEXEC)) die("pipe");
    struct shared {
        volatile int listener;
        char task[64]; /* the child's threads, as the host's /proc has them */
    } *shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    pid_t child = (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child < 0) die("fork");
    if (!child) become_program(told[1], &shared->listener, shared->task);
    look_at(child);
    run.translated = is_translator(plan.profile);
    find_listener(&shared->listener);
    /* A compiler waits for its parts, a simulator for its next program, a server for its next test. */
    int watch = strcmp(plan.profile, "compiler") && strcmp(plan.profile, "simulator") && strcmp(plan.profile, "server");
    await(watch, shared->task[0] ? plan.proc : -1, shared->task, control);
    int status;
    struct rusage usage;
    while (wait4(child, &status, 0, &usage) != child)
        if (errno != EINTR) die("wait4");
    long long wall = now() - start;
    char mark;
    close(told[1]);
    if (read(told[0], &mark, 1) != 0) _exit(125); /* our failure, not the program's: no report */
    close(told[0]);
    close(run.ended);
    munmap(shared, sizeof *shared);
    /* Without a descriptor the kernel itself ended it: how, it does not tell. */
    if (run.listener < 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) run.call = "?";
    if (run.listener >= 0) close(run.listener);
    write_report(report, status, wall, &usage);
}

/* ---- many runs --------------------------------------------------------------------------------------------- */

enum { STREAMS = 3, GIVEN_PROGRAM = 4 /* behind the log */, MOST = 5 };
static int program = -1; /* the descriptor of the program that came with the last message; -1: none did */

/* Takes a message and makes the descriptors that come with it the standard streams; returns its length. */
static ssize_t take(int control, char *text, size_t size) {
    union {
        char bytes[CMSG_SPACE(MOST * sizeof(int))];
        struct cmsghdr header;
    } rights;
    struct iovec part = {text, size - 1};
    struct msghdr message = {0, 0, &part, 1, rights.bytes, sizeof rights.bytes, 0};
    ssize_t length = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *given = length > 0 ? CMSG_FIRSTHDR(&message) : 0;
    if (!given || given->cmsg_type != SCM_RIGHTS) return -1;
    int *streams = (int *)CMSG_DATA(given);
    int count = (int)((given->cmsg_len - CMSG_LEN(0)) / sizeof *streams);
    for (int i = 0; i < count; i++) {
        if (i < STREAMS && dup2(streams[i], i) < 0) return -1;
        if (i == GIVEN_PROGRAM) program = streams[i];
        else close(streams[i]);
    }
    text[length] = 0;
    return count < STREAMS ? -1 : length;
}

/* What a run leaves there, the next would find: a name, or the number of an entry that was made and is gone. */
static int left_behind(void) {
    static struct timespec before;
    struct stat now_there;
    DIR *folder = opendir("/tmp");
    int count = 0;
    if (!folder) return 0;
    while (readdir(folder)) count++;
    int known = !fstat(dirfd(folder), &now_there);
    closedir(folder);
    if (!before.tv_sec && known) before = now_there.st_mtim; /* asked before the first run */
    return count > 2 || (known && (now_there.st_mtim.tv_sec != before.tv_sec ||
                                   now_there.st_mtim.tv_nsec != before.tv_nsec));
}

#include "warm.h"

static void serve(int control) {
    char text[64], report[REPORT], answer[2 * REPORT];
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC), warm = !strcmp(plan.profile, "warm");
    left_behind();
    if (warm) start_interpreter();
    if (send(control, "ready", 5, 0) != 5) die("send");
    while (take(control, text, sizeof text) > 4 && !strncmp(text, "run ", 4)) {
        plan.cpu_s = strtoull(text + 4, 0, 10);
        if (warm) run_warmed(control, report);
        else run_once(control, report);
        if (program >= 0) close(program);
        program = -1;
        for (int i = 0; i < 3; i++)
            if (nothing >= 0) dup2(nothing, i);
            else close(i);
        int length = snprintf(answer, sizeof answer, "ended %s %d", report, left_behind());
        if (send(control, answer, (size_t)length, 0) != length) return;
    }
}

/* Says how often to look at memory, in milliseconds; 0 is never. */
static int sampling(const char *text) {
    const char *at = strchr(text, '%');
    return at ? atoi(at + 1) : 0;
}

/* A number of the first argument, behind its mark; -1 without. */
static int descriptor(const char *text, char mark) {
    const char *at = strchr(text, mark);
    int number = at ? atoi(at + 1) : -1;
    if (number >= 0) fcntl(number, F_SETFD, FD_CLOEXEC);
    return number;
}

int main(int argc, char **argv) {
    if (argc < 11) return 125;
    int report = atoi(argv[1]), cpu = atoi(argv[8]), control = descriptor(argv[1], '@');
    plan.group = descriptor(argv[1], ',');
    plan.proc = descriptor(argv[1], ':');
    resident.every_ms = sampling(argv[1]);
    plan.profile = argv[2];
    plan.cpu_s = strtoull(argv[3], 0, 10);
    plan.as = strtoull(argv[4], 0, 10);
    plan.stack = strtoull(argv[5], 0, 10);
    plan.fsize = strtoull(argv[6], 0, 10);
    plan.nofile = strtoull(argv[7], 0, 10);
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
    plan.image = hidden_image(argv[9], argv + 10, argc - 10);
    plan.runner = getpid();
    if (control >= 0) {
        serve(control);
        return 0;
    }
    char line[REPORT];
    run_once(-1, line);
    dprintf(report, "%s\n", line);
    return 0;
}
