/* How much memory a program holds while it runs (see runner.c, its only reader). */

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
