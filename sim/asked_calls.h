/* Calls of a measured program that the kernel asks the runner about (see runner.c, its only reader): those that end the
 * run, and a few that it answers or lets pass. */

/* Answers a program that asks for the limit of its main stack. The C library does at its start, and takes it for
 * the size of each thread's stack, of which a few would fill the address space: it is told the usual one. */
static void tell_stack_limit(const struct seccomp_notif *asked) {
    static const struct rlimit usual = {8 << 20, RLIM_INFINITY};
    struct iovec here = {(void *)&usual, sizeof usual}, there = {(void *)asked->data.args[3], sizeof usual};
    struct seccomp_notif_resp answer = {.id = asked->id};
    if (run.limit_told++) answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE; /* the truth */
    else if (process_vm_writev(run.child, &here, 1, &there, 1, 0) != sizeof usual) answer.error = -EPERM;
    ioctl(run.listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Answers a call with a number, or an error where it is negative. */
static void reply(const struct seccomp_notif *asked, long value) {
    struct seccomp_notif_resp answer = {.id = asked->id};
    if (value < 0) answer.error = (int)value;
    else answer.val = value;
    ioctl(run.listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Has the kernel do a call. Its numbers are those that were asked about: they lie in registers. */
static void let_pass(const struct seccomp_notif *asked) {
    struct seccomp_notif_resp answer = {.id = asked->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    ioctl(run.listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

enum { WARM = 2, BEGIN = 3 }; /* moments of a harness (guest/marks.py) */

/* The first BEGIN is the harness's; a program that marks it again is answered as by a kernel, too. */
static void hear_mark(const struct seccomp_notif *asked) {
    clockid_t clock;
    struct timespec used;
    if (asked->data.args[1] == BEGIN && !run.begun && !clock_getcpuclockid(run.child, &clock) &&
        !clock_gettime(clock, &used))
        run.begun = used.tv_sec * 1000000ll + used.tv_nsec / 1000;
    reply(asked, -EBADF);
}

/* Answers a call that the filter asks about; whether it is one. */
static int answer_call(const struct seccomp_notif *asked) {
    if (run.translated || asked->data.arch != AUDIT_ARCH_X86_64) return 0;
    switch (asked->data.nr) {
    case __NR_prlimit64: tell_stack_limit(asked); return 1;
    case __NR_lseek: hear_mark(asked); return 1;
    case __NR_clone: reply(asked, -EPERM); return 1;
    case __NR_kill:
    case __NR_tgkill:
        if ((pid_t)asked->data.args[0] == run.child) let_pass(asked);
        else reply(asked, -EPERM);
        return 1;
    default: return 0;
    }
}

/* Answers a call, or ends a program that made one which it has not, and keeps the call's name; whether it did. */
static int refuse_call(void) {
    struct seccomp_notif told;
    memset(&told, 0, sizeof told);
    if (ioctl(run.listener, SECCOMP_IOCTL_NOTIF_RECV, &told)) {
        if (errno == ENOENT || errno == EINTR) return 0; /* a signal came between: no call was made */
        run.call = "?";
    } else if (answer_call(&told)) {
        return 0;
    } else {
        run.call = name_of_call(told.data.nr);
        run.forged = told.data.arch != AUDIT_ARCH_X86_64 ||
                     (run.translated && !from_translator(told.data.instruction_pointer));
    }
    kill(run.child, SIGKILL);
    return 1;
}
