/* Looks at a child that runs: how long it waits or sleeps, and what memory it has (see runner.c, its only reader). */

/* How long the child's threads have waited for a processor, in ns, by the host's /proc; -1 unknown.
 * One thread that has ended takes its waiting along, so a sum that shrinks says nothing. */
static long long waited(int proc, const char *task) {
    char path[32], text[128];
    long long sum = 0, ran, wait;
    int folder = proc < 0 ? -1 : openat(proc, task, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *threads = folder < 0 ? 0 : fdopendir(folder);
    if (!threads) {
        if (folder >= 0) close(folder);
        return -1;
    }
    for (struct dirent *thread; (thread = readdir(threads));) {
        if (thread->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%.20s/schedstat", thread->d_name);
        int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
        ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
        if (file >= 0) close(file);
        if (length <= 0) continue;
        text[length] = 0;
        if (sscanf(text, "%lld %lld", &ran, &wait) == 2) sum += wait;
    }
    closedir(threads);
    return sum;
}

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

/* Waits for the child; ends it when it makes a call that it has not, uses no processor time for IDLE_SECONDS (it waits
 * for what never comes), or was asleep for ASLEEP_SECONDS in all: time in which it neither ran nor waited for a
 * processor. A busy host looks like neither. */
#define IDLE_SECONDS 20
#ifndef ASLEEP_SECONDS
#define ASLEEP_SECONDS 20
#endif
static void await(int watch, int proc, const char *task, int control) {
    clockid_t clock;
    struct timespec used;
    long long last = now(), ran = 0, waiting = waited(proc, task), asleep = 0;
    watch = watch && !clock_getcpuclockid(run.child, &clock);
    long long since = now(), before = 0;
    struct pollfd at[3] = {{run.ended, POLLIN}, {run.listener, POLLIN}, {control, POLLIN}};
    begin_to_look(proc, task);
    for (;;) {
        int got = poll(at, 3, resident.file >= 0 ? resident.every_ms : watch ? 1000 : -1);
        if (got < 0 && errno != EINTR) die("poll");
        look_at_memory();
        if (got == 0 && resident.file >= 0 && now() - last < 1000000000ll) continue;
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
        long long spent = used.tv_sec * 1000000000ll + used.tv_nsec, time = now();
        long long in_line = waited(proc, task);
        if (waiting >= 0 && in_line >= waiting) {
            /* Waiting is told when it ends, so a second may be taken back in the next. */
            asleep += (time - last) - (spent - ran) - (in_line - waiting);
            if (asleep < 0) asleep = 0;
        }
        last = time, ran = spent, waiting = in_line;
        if (spent - before > 50000000ll) {
            before = spent;
            since = time;
        }
        if (time - since > IDLE_SECONDS * 1000000000ll || asleep > ASLEEP_SECONDS * 1000000000ll) {
            /* Who slept at a stretch, but for a little, waits for what never comes. */
            run.idle = asleep > ASLEEP_SECONDS * 1000000000ll && time - since < (IDLE_SECONDS - 2) * 1000000000ll ? 2 : 1;
            kill(run.child, SIGKILL);
            watch = 0;
        }
    }
}
