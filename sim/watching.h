/* Looks at a child that runs: how long it waits or sleeps, and what memory it has (see runner.c, its only reader). */

/* Resident memory over wall-clock time, as SOAP has it: looked at each millisecond or so, joined by trapezoids. */
static struct {
    int every_ms, file; /* 0: it is not looked at; the child's statm */
    long long last, peak;
    double before, byte_seconds;
} resident = {.file = -1};

static void look_at_memory(void) {
    enum { PAGE = 4096 };
    char text[128];
    long long pages, whole, time;
    ssize_t length = resident.file < 0 ? -1 : pread(resident.file, text, sizeof text - 1, 0);
    if (length <= 0) return;
    text[length] = 0;
    if (sscanf(text, "%lld %lld", &whole, &pages) != 2 || pages == 0) return; /* it has ended */
    double bytes = (double)pages * PAGE;
    time = now();
    if (resident.last) resident.byte_seconds += (bytes + resident.before) / 2 * (double)(time - resident.last) / 1e9;
    if (pages * PAGE > resident.peak) resident.peak = pages * PAGE;
    resident.before = bytes, resident.last = time;
}

/* `task` is the folder of the child's threads in the host's /proc. */
static void begin_to_look(int proc, const char *task) {
    char path[64];
    resident.last = resident.peak = 0;
    resident.before = resident.byte_seconds = 0;
    if (!resident.every_ms || proc < 0 || !strchr(task, '/')) return;
    snprintf(path, sizeof path, "%.*s/statm", (int)(strchr(task, '/') - task), task);
    resident.file = openat(proc, path, O_RDONLY | O_CLOEXEC);
    look_at_memory();
}

/* Waits for the child; ends it when it makes a call that it has not, or sleeps for too long (asleep.h). */
static void await(int watch, int proc, const char *task, int control) {
    clockid_t clock;
    struct timespec used;
    watch = watch && !clock_getcpuclockid(run.child, &clock);
    struct sleeper sleeper = {.last = now(), .waited = waited(proc, task)};
    struct pollfd at[3] = {{run.ended, POLLIN}, {run.listener, POLLIN}, {control, POLLIN}};
    begin_to_look(proc, task);
    for (;;) {
        int got = poll(at, 3, resident.file >= 0 ? resident.every_ms : watch ? 1000 : -1);
        if (got < 0 && errno != EINTR) die("poll");
        look_at_memory();
        if (got == 0 && resident.file >= 0 && now() - sleeper.last < SECOND) continue;
        if (got > 0 && at[0].revents) return;
        if (got > 0 && at[1].revents) {
            if (!(at[1].revents & POLLIN) || refuse_call()) at[1].fd = -1;
        }
        if (got > 0 && at[2].revents) {
            char word[8];
            kill(run.child, SIGKILL);
            if (recv(control, word, sizeof word, 0) <= 0) _exit(125); /* nobody waits any more */
        }
        if (!watch || clock_gettime(clock, &used)) continue;
        run.idle = sleeps(&sleeper, now(), used.tv_sec * 1000000000ll + used.tv_nsec, waited(proc, task));
        if (!run.idle) continue;
        kill(run.child, SIGKILL);
        watch = 0;
    }
}
