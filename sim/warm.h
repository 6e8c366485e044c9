/* One warmed interpreter for the tests of many programs, natively (see runner.c, its only reader).
 *
 * The harness (guest/marks.py) marks WARM when it has loaded all that depends on neither program nor test. The runner
 * holds that call until a test comes; its answer then says that the process parts. It makes a process, which makes the
 * test's and ends: so the test is the runner's own child, which can be watched, limited and counted like any other. The
 * test marks WARM, too, and is answered only when the interpreter waits again: with the test's streams and the program,
 * as descriptors that the kernel puts into it. No code of a program ever runs in the interpreter itself.
 *
 * Who may make a process is decided here, call by call: each of the two once, and a test never. */

#ifndef SECCOMP_IOCTL_NOTIF_ADDFD /* Linux 5.9 */
#define SECCOMP_ADDFD_FLAG_SETFD 1
struct seccomp_notif_addfd {
    __u64 id;
    __u32 flags, srcfd, newfd, newfd_flags;
};
#define SECCOMP_IOCTL_NOTIF_ADDFD SECCOMP_IOW(3, struct seccomp_notif_addfd)
#endif

enum { PARTS = 1 << 20 /* no descriptor; as in guest/marks.py */, PARTING_MS = 20000, STARTING_MS = 120000 };

static struct {
    pid_t process;
    int ended;              /* a descriptor that can be read once it has ended */
    struct seccomp_notif waiting; /* its call that is held */
} interpreter;

/* Waits for a call that the filter asks about. None comes where the interpreter ends, or something stays away: the
 * runner ends then, and each test gets a sandbox of its own. */
static void next_call(struct seccomp_notif *asked, int timeout_ms) {
    struct pollfd at[2] = {{interpreter.ended, POLLIN}, {run.listener, POLLIN}};
    for (;;) {
        memset(asked, 0, sizeof *asked);
        int got = poll(at, 2, timeout_ms);
        if (got == 0 || (got < 0 && errno != EINTR) || at[0].revents) _exit(125);
        if (got > 0 && ioctl(run.listener, SECCOMP_IOCTL_NOTIF_RECV, asked) == 0) return;
        if (got > 0 && errno != ENOENT && errno != EINTR) _exit(125);
    }
}

static int marks_warm(const struct seccomp_notif *asked) {
    return asked->data.arch == AUDIT_ARCH_X86_64 && asked->data.nr == __NR_lseek && asked->data.args[1] == WARM;
}

/* Starts the interpreter and waits until it is warm. */
static void start_interpreter(void) {
    int told[2];
    volatile int *listener = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (listener == MAP_FAILED || pipe2(told, O_CLOEXEC)) die("interpreter");
    char *task = (char *)listener + 64;
    pid_t child = (pid_t)syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (child < 0) die("fork");
    if (!child) become_program(told[1], listener, task);
    look_at(child);
    interpreter.process = child;
    interpreter.ended = run.ended;
    find_listener(listener);
    if (run.listener < 0) _exit(125); /* this kernel asks nobody */
    close(told[0]);
    close(told[1]);
    struct seccomp_notif asked;
    for (;;) {
        next_call(&asked, STARTING_MS);
        if (marks_warm(&asked)) break;
        if (asked.data.nr == __NR_lseek) reply(&asked, -EBADF); /* it rehearses */
        else if (!answer_call(&asked)) _exit(125);
    }
    interpreter.waiting = asked;
    static const struct rlimit endless = {RLIM_INFINITY, RLIM_INFINITY};
    prlimit(child, RLIMIT_CPU, &endless, 0); /* each test has its own */
}

/* Puts a descriptor of ours into a process that waits for an answer, as a certain number or any; returns it. */
static int give(const struct seccomp_notif *to, int ours, int number) {
    struct seccomp_notif_addfd given = {.id = to->id, .srcfd = (__u32)ours};
    if (number >= 0) given.flags = SECCOMP_ADDFD_FLAG_SETFD, given.newfd = (__u32)number;
    return ioctl(run.listener, SECCOMP_IOCTL_NOTIF_ADDFD, &given);
}

/* Has a test's process made; returns its call that waits for the test. */
static struct seccomp_notif part(void) {
    struct seccomp_notif asked, test = {0};
    int steps = 2, waits = 0;
    reply(&interpreter.waiting, PARTS);
    while (!waits || !test.pid) {
        next_call(&asked, PARTING_MS);
        if (marks_warm(&asked) && (pid_t)asked.pid == interpreter.process) interpreter.waiting = asked, waits = 1;
        else if (marks_warm(&asked)) test = asked;
        else if (asked.data.nr == __NR_clone && steps-- > 0) let_pass(&asked);
        else _exit(125);
    }
    return test;
}

/* Writes the folder of our child's threads in the host's /proc, or nothing where that does not tell. */
static void find_task(char *task, size_t size) {
    char path[32], text[512];
    snprintf(path, sizeof path, "self/fdinfo/%d", run.ended);
    int file = plan.proc < 0 ? -1 : openat(plan.proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    text[length > 0 ? length : 0] = 0;
    const char *at = strstr(text, "\nPid:");
    int number = at ? atoi(at + 5) : 0;
    task[0] = 0;
    if (number > 0) snprintf(task, size, "%d/task", number);
}

/* Runs a test to its end; writes how it ended. */
static void run_warmed(int control, char report[REPORT]) {
    char task[64];
    int status;
    struct rusage usage;
    if (program < 0) _exit(125);
    struct seccomp_notif test = part();
    pid_t child = (pid_t)test.pid;
    long long start = now();
    look_at(child);
    run.limit_told = 1; /* the interpreter has asked for its children, too */
    struct rlimit cpu = {plan.cpu_s ?: RLIM_INFINITY, plan.cpu_s ? plan.cpu_s + 1 : RLIM_INFINITY};
    if (prlimit(child, RLIMIT_CPU, &cpu, 0)) _exit(125);
    for (int i = 0; i < STREAMS; i++)
        if (give(&test, i, i) < 0) _exit(125);
    int given = give(&test, program, -1);
    if (given < 0) _exit(125);
    find_task(task, sizeof task);
    reply(&test, given);
    await(1, task[0] ? plan.proc : -1, task, control);
    while (wait4(child, &status, 0, &usage) != child)
        if (errno != EINTR) die("wait4");
    long long wall = now() - start;
    close(run.ended);
    write_report(report, status, wall, &usage);
}
