/* Whether a program sleeps for too long (see runner.c, its only reader but for a test).
 *
 * Asleep is a time in which a program neither ran nor waited for a processor. A busy host looks like neither, nor does
 * one that was stopped: then the runner itself comes late, and of such a step LONGEST_STEP counts. */

#define SECOND 1000000000ll

#ifndef ASLEEP_SECONDS
#define ASLEEP_SECONDS 20 /* in all */
#endif
#ifndef IDLE_SECONDS
#define IDLE_SECONDS 20 /* at a stretch, but for a little: it waits for what never comes */
#endif
#define LITTLE (SECOND / 20)
#define LONGEST_STEP (2 * SECOND) /* looks are a second apart */

struct sleeper {
    long long last, spent, waited; /* at the last look: the clock, processor time, time in line (-1: unknown) */
    long long asleep;              /* in all */
    long long idle, before;        /* since it ran for more than a little; its processor time then */
};

/* How long a program's threads have waited for a processor, in ns, by the host's /proc; -1 unknown.
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

/* Takes a look at a program, all in ns; 1: it is idle, 2: it was asleep for too long, and not at one stretch. */
static int sleeps(struct sleeper *s, long long time, long long spent, long long in_line) {
    long long step = time - s->last < LONGEST_STEP ? time - s->last : LONGEST_STEP;
    int known = s->waited >= 0 && in_line >= s->waited;
    long long line = known ? in_line - s->waited : 0;
    if (known) s->asleep += step - (spent - s->spent) - line;
    s->idle += step - line;
    /* Waiting is told when it ends, so one look may take back what others before it gave. */
    if (s->asleep < 0) s->asleep = 0;
    if (s->idle < 0) s->idle = 0;
    if (spent - s->before > LITTLE) s->before = spent, s->idle = 0;
    s->last = time, s->spent = spent, s->waited = in_line;
    if (s->asleep <= ASLEEP_SECONDS * SECOND && s->idle <= IDLE_SECONDS * SECOND) return 0;
    return s->idle < (IDLE_SECONDS - 2) * SECOND ? 2 : 1;
}
