/* One start for all tests of a program: a server that forks for each of them.
 *
 * Until it makes its first system call that could depend on the test, or that leaves something behind, a program
 * does the same on every test. There the process stops being the program and becomes a server: for each request it
 * forks, and the child goes on with the call, on a standard input, output and error output of its own. What a child
 * had to translate or decode, the server does before the next one, which so finds it and copies no page for it. No
 * code of the program runs in the server again.
 *
 * Messages are those of a SOCK_SEQPACKET socket, which the program cannot reach:
 *
 *     to the driver      ready INSTRUCTIONS CALL       the server waits for requests: the call that parts the tests
 *                        whole WHY                     each test needs a start of its own; the server ends
 *                        over                          its budget of instructions is met on each test; the server ends
 *                        ended STATUS WALL_NS USER_US SYSTEM_US PEAK_KIB IDLE - 0 LEFT
 *                                                      as the runner says it; LEFT is 1 if /tmp is not as it was
 *     from the driver    run INSTRUCTIONS CYCLES CPU_S with the descriptors of input, output, error output and log,
 *                        and of the program where an interpreter serves those of many
 *                        kill                          ends the child under way */
#include "forks.h"
#include "futex.h"
#include "guard.h"
#include "marks.h"
#include "model.h"
#include "processor_id.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

/* Of Valgrind's own headers. */
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord);
extern void VG_(do_atfork_pre)(ThreadId thread);
extern void VG_(do_atfork_parent)(ThreadId thread);
extern void VG_(do_atfork_child)(ThreadId thread);
extern Bool VG_(translate)(ThreadId thread, Addr address, Bool debugging, Int verbosity, ULong done, Bool redirected);
extern Int VG_(safe_fd)(Int descriptor);
extern struct {
    Int descriptor;
} VG_(log_output_sink);

enum { STREAMS = 3, LOG = STREAMS, PROGRAM, HANDED, GIVEN = STREAMS /* where the interpreter finds its program */,
       GUESTS = 64 /* the program's descriptors are below */, LETTERS = 256,
       MOST_KNOWN = 8000 /* as many addresses as a pipe holds without a reader */, IDLE_SECONDS = 20,
       ASLEEP_SECONDS = 20, KIND = 48 /* bits of an address */, IDLE = 1, ASLEEP, NANOSECONDS = 1000000000, CPU_TIME = 0 /* RLIMIT_CPU */, PIDFD_OPEN = 434,
       PARENT_DEATH = 1 /* PR_SET_PDEATHSIG */ };

Int serving = -1;
static Bool forked;
static Int given = -VKI_EBADF;
static Addr known[MOST_KNOWN]; /* of what kind, in the bits that no address has */
static UInt known_count;
static Int known_to = -1;

static Word call4(UWord number, UWord a, UWord b, UWord c, UWord d) {
    SysRes r = VG_(do_syscall)(number, a, b, c, d, 0, 0, 0, 0);
    return sr_isError(r) ? -(Word)sr_Err(r) : (Word)sr_Res(r);
}

static ULong now(void) {
    struct vki_timespec t = {0, 0};
    call4(__NR_clock_gettime, VKI_CLOCK_MONOTONIC, (UWord)&t, 0, 0);
    return t.tv_sec * (ULong)NANOSECONDS + t.tv_nsec;
}

/* ---- messages -------------------------------------------------------------------------------------------- */

__attribute__((noreturn)) static void leave(void) {
    for (;;) call4(__NR_exit_group, 0, 0, 0, 0);
}

static void say(const HChar *text) {
    if (call4(__NR_write, serving, (UWord)text, VG_(strlen)(text), 0) < 0) leave();
}

typedef struct {
    ULong instructions, cycles, cpu_seconds;
    Int handed[HANDED];
} Request;

static const HChar *number(const HChar *text, ULong *value) {
    HChar *end;
    *value = VG_(strtoll10)(text, &end);
    return end;
}

/* Takes a message of the driver's and the descriptors with it; returns whether there was one. */
static Bool taken(HChar text[LETTERS], Int handed[HANDED]) {
    struct {
        UWord length;
        Int level, kind, descriptors[HANDED];
    } rights;
    struct {
        void *place;
        UWord length;
    } part = {text, LETTERS - 1};
    struct {
        void *name;
        UInt name_length;
        void *parts;
        UWord part_count;
        void *control;
        UWord control_length;
        Int flags;
    } message = {NULL, 0, &part, 1, &rights, sizeof rights, 0};
    rights.length = 0;
    Word got = call4(__NR_recvmsg, serving, (UWord)&message, 0, 0);
    if (got <= 0) return False;
    text[got] = 0;
    UWord header = (UChar *)rights.descriptors - (UChar *)&rights;
    UWord count = rights.length > header ? (rights.length - header) / sizeof(Int) : 0;
    if (handed && (count == HANDED || count == PROGRAM))
        for (UWord i = 0; i < count; i++) handed[i] = rights.descriptors[i];
    return True;
}

static Request next_request(void) {
    HChar text[LETTERS];
    Request r = {.handed = {-1, -1, -1, -1, -1}};
    if (!taken(text, r.handed) || VG_(strncmp)(text, "run ", 4) != 0 || r.handed[LOG] < 0) leave();
    number(number(number(text + 4, &r.instructions), &r.cycles), &r.cpu_seconds);
    return r;
}

/* ---- the child: one test --------------------------------------------------------------------------------- */

/* As the kernel's sock_filter and sock_fprog. */
typedef struct {
    UShort code;
    UChar if_true, if_false;
    UInt value;
} Rule;
typedef struct {
    UShort count;
    const Rule *rules;
} Rules;

/* Takes from this process what only the server may: to make processes, and to speak to others. The program's calls
 * come from the same text as the tool's, so that the sandbox's filter cannot tell them apart. */
static void take_rights_away(void) {
    enum { LOAD = 0x20, EQUAL = 0x15, ANY_BIT = 0x45, ANSWER = 0x06, NUMBER = 0, FIRST = 16, SET_FILTER = 22,
           FILTER = 2, ALLOW = 0x7fff0000, REFUSED = 0x00050000 | VKI_EPERM };
    UInt self = call4(__NR_getpid, 0, 0, 0, 0);
    const Rule rules[] = {
        {LOAD, 0, 0, NUMBER},
        {EQUAL, 15, 0, __NR_fork},
        {EQUAL, 14, 0, __NR_vfork},
        {EQUAL, 13, 0, __NR_recvmsg},
        {EQUAL, 12, 0, PIDFD_OPEN},
        {EQUAL, 3, 0, __NR_clone},
        {EQUAL, 4, 0, __NR_prctl},
        {EQUAL, 6, 0, __NR_kill},
        {EQUAL, 5, 7, __NR_tgkill},
        {LOAD, 0, 0, FIRST},
        {ANY_BIT, 5, 6, VKI_CLONE_THREAD},
        {LOAD, 0, 0, FIRST},
        {EQUAL, 4, 0, SET_FILTER},
        {EQUAL, 3, 2, PARENT_DEATH},
        {LOAD, 0, 0, FIRST},
        {EQUAL, 0, 1, self},
        {ANSWER, 0, 0, ALLOW},
        {ANSWER, 0, 0, REFUSED},
    };
    Rules all = {sizeof rules / sizeof *rules, rules};
    if (call4(__NR_prctl, SET_FILTER, FILTER, (UWord)&all, 0) < 0) leave();
}

static void begin(ThreadId thread, const Request *r) {
    call4(__NR_prctl, PARENT_DEATH, VKI_SIGKILL, 0, 0);
    call4(__NR_close, serving, 0, 0, 0);
    serving = -1;
    forked = True;
    for (Int i = 0; i < STREAMS; i++) call4(__NR_dup2, r->handed[i], i, 0, 0);
    call4(__NR_dup2, r->handed[LOG], VG_(log_output_sink).descriptor, 0, 0);
    for (Int i = 0; i < PROGRAM; i++)
        if (r->handed[i] >= STREAMS) call4(__NR_close, r->handed[i], 0, 0, 0);
    if (r->handed[PROGRAM] > GIVEN) {
        call4(__NR_dup2, r->handed[PROGRAM], GIVEN, 0, 0);
        call4(__NR_close, r->handed[PROGRAM], 0, 0, 0);
    }
    given = r->handed[PROGRAM] >= 0 ? GIVEN : -VKI_EBADF;
    struct vki_rlimit cpu = {r->cpu_seconds, r->cpu_seconds + 1};
    call4(__NR_setrlimit, CPU_TIME, (UWord)&cpu, 0, 0);
    limit_run(r->instructions, r->cycles);
    files_restart();
    traffic_init();
    take_rights_away();
}

Int forks_given(void) { return given; }

void forks_known(enum Known what, Addr at) {
    if (forked && known_count < MOST_KNOWN) known[known_count++] = (Addr)what << KIND | at;
}

void forks_tell_known(void) {
    if (!forked) return;
    call4(__NR_write, known_to, (UWord)known, known_count * sizeof *known, 0);
    known_count = 0;
}

/* ---- the server ------------------------------------------------------------------------------------------ */

typedef struct {
    Int status;
    ULong wall;
    Int idle; /* why it was ended: IDLE, ASLEEP, or it was not */
    struct {
        ULong user_seconds, user_microseconds, system_seconds, system_microseconds, peak, more[13];
    } used; /* as the kernel's struct rusage */
} End;

/* How long the child's threads have waited for a processor, in nanoseconds; -1 is unknown. */
static Long waited(Int child) {
    HChar path[64], text[128], entries[2048];
    Long sum = 0, wait;
    VG_(sprintf)(path, "/proc/%d/task", child);
    Int folder = call4(__NR_open, (UWord)path, VKI_O_RDONLY, 0, 0);
    if (folder < 0) return -1;
    for (Word length; (length = call4(__NR_getdents64, folder, (UWord)entries, sizeof entries, 0)) > 0;)
        for (Word i = 0; i < length; i += *(UShort *)(entries + i + 16)) {
            const HChar *name = entries + i + 19; /* as the kernel's struct linux_dirent64 */
            if (name[0] == '.') continue;
            VG_(sprintf)(path, "/proc/%d/task/%s/schedstat", child, name);
            Int file = call4(__NR_open, (UWord)path, VKI_O_RDONLY, 0, 0);
            if (file < 0) continue;
            Word got = call4(__NR_read, file, (UWord)text, sizeof text - 1, 0);
            call4(__NR_close, file, 0, 0, 0);
            if (got <= 0) continue;
            text[got] = 0;
            HChar *second = VG_(strchr)(text, ' ');
            wait = second ? VG_(strtoll10)(second + 1, NULL) : 0;
            sum += wait;
        }
    call4(__NR_close, folder, 0, 0, 0);
    return sum;
}

/* Whether a test has left something that the next would find: a name, or what its folder counted for a name that is
 * gone. The kernel numbers the entries of a folder in the order in which they were made. */
static Bool left_behind(void) {
    static struct vki_stat before;
    struct vki_stat now_there = {0};
    HChar entries[512];
    UInt count = 0;
    Int folder = call4(__NR_open, (UWord) "/tmp", VKI_O_RDONLY, 0, 0);
    if (folder < 0) return True;
    Word length = call4(__NR_getdents64, folder, (UWord)entries, sizeof entries, 0);
    for (Word i = 0; i < length; i += *(UShort *)(entries + i + 16)) count++;
    call4(__NR_fstat, folder, (UWord)&now_there, 0, 0);
    call4(__NR_close, folder, 0, 0, 0);
    if (!before.st_mtime) before = now_there; /* asked before the first test */
    return count != 2 /* itself and what is above */ || now_there.st_mtime != before.st_mtime ||
           now_there.st_mtime_nsec != before.st_mtime_nsec;
}

/* Waits for the child, and ends it where the driver says so, where it uses no processor time for long, or was asleep
 * for long in all: as the runner does with a program that has a start of its own (runner.c). */
static End ended(Int child) {
    End e;
    VG_(memset)(&e, 0, sizeof e);
    ULong start = now(), since = start, last = start, before = 0, ran = 0;
    Long waiting = waited(child), asleep = 0;
    UWord clock = (UWord)(Word)(Int)(~(UInt)child << 3 | 2); /* of the child's processor time */
    Int end = call4(PIDFD_OPEN, child, 0, 0, 0);
    struct vki_pollfd at[] = {{end, VKI_POLLIN, 0}, {serving, VKI_POLLIN, 0}};
    for (;;) {
        Word got = call4(__NR_poll, (UWord)at, 2, 1000, 0);
        if (got > 0 && at[0].revents) break;
        if (got > 0 && at[1].revents) {
            HChar text[LETTERS];
            call4(__NR_kill, child, VKI_SIGKILL, 0, 0);
            if (!taken(text, NULL)) leave();
        }
        struct vki_timespec spent = {0, 0};
        if (call4(__NR_clock_gettime, clock, (UWord)&spent, 0, 0) < 0) continue;
        ULong used = spent.tv_sec * (ULong)NANOSECONDS + spent.tv_nsec, time = now();
        Long in_line = waited(child);
        /* Waiting is told when it ends, so a second may be taken back in the next. */
        if (waiting >= 0 && in_line >= waiting) asleep += (time - last) - (used - ran) - (in_line - waiting);
        if (asleep < 0) asleep = 0;
        last = time;
        ran = used;
        waiting = in_line;
        if (used - before > NANOSECONDS / 20) {
            before = used;
            since = time;
        }
        if (time - since > IDLE_SECONDS * (ULong)NANOSECONDS) e.idle = IDLE;
        if (asleep > ASLEEP_SECONDS * (Long)NANOSECONDS) e.idle = ASLEEP;
        if (e.idle) call4(__NR_kill, child, VKI_SIGKILL, 0, 0);
    }
    call4(__NR_wait4, child, (UWord)&e.status, 0, (UWord)&e.used);
    call4(__NR_close, end, 0, 0, 0);
    e.wall = now() - start;
    return e;
}

/* Makes ready what the child came to know, where the code is still the executable's own. */
static void learn(ThreadId thread, Int from) {
    Word got = call4(__NR_read, from, (UWord)known, sizeof known, 0);
    for (Word i = 0; i < got / (Word)sizeof *known; i++) {
        Addr at = known[i] & ((1UL << KIND) - 1);
        const NSegment *s = VG_(am_find_nsegment)(at);
        if (!s || s->kind != SkFileC || !s->hasX || s->hasW) continue;
        if (known[i] >> KIND == BLOCK) {
            VG_(translate)(thread, at, False, 0, 0, True);
        } else {
            Inst *inst = instruction_at(at);
            if (inst && known[i] >> KIND == FOLLOWED) instruction_behind(inst);
        }
    }
}

static void serve(ThreadId thread, UInt call) {
    HChar text[LETTERS];
    struct vki_rlimit endless = {-1UL, -1UL};
    call4(__NR_setrlimit, CPU_TIME, (UWord)&endless, 0, 0);
    left_behind();
    VG_(sprintf)(text, "ready %llu %u", statistics.instructions, call);
    say(text);
    for (;;) {
        Request r = next_request();
        Int ends[2];
        if (call4(__NR_pipe2, (UWord)ends, VKI_O_NONBLOCK, 0, 0) < 0) leave();
        known_to = VG_(safe_fd)(ends[1]);
        VG_(do_atfork_pre)(thread);
        Int child = call4(__NR_clone, VKI_SIGCHLD, 0, 0, 0);
        if (child == 0) {
            VG_(do_atfork_child)(thread);
            call4(__NR_close, ends[0], 0, 0, 0);
            begin(thread, &r);
            return;
        }
        VG_(do_atfork_parent)(thread);
        call4(__NR_close, known_to, 0, 0, 0);
        for (UInt i = 0; i < HANDED; i++)
            if (r.handed[i] >= 0) call4(__NR_close, r.handed[i], 0, 0, 0);
        if (child < 0) leave();
        End e = ended(child);
        VG_(sprintf)(text, "ended %d %llu %llu %llu %llu %d - 0 %d", e.status, e.wall,
                     e.used.user_seconds * 1000000 + e.used.user_microseconds,
                     e.used.system_seconds * 1000000 + e.used.system_microseconds, e.used.peak, e.idle, left_behind());
        learn(thread, ends[0]);
        call4(__NR_close, ends[0], 0, 0, 0);
        say(text);
    }
}

/* ---- where the tests part -------------------------------------------------------------------------------- */

void forks_over(void) {
    if (serving < 0) return;
    say("over");
    leave();
}

static Bool has_files(void) {
    for (Int i = STREAMS; i < GUESTS; i++)
        if (call4(__NR_fcntl, i, VKI_F_GETFD, 0, 0) >= 0) return True;
    return False;
}

void forks_before_call(ThreadId thread, UInt call, const UWord *arguments) {
    if (serving < 0) return;
    /* What an interpreter does before the mark is the harness's, which knows no program and no test. */
    if (interprets ? !mark_parts(call, arguments) : is_common(call, arguments)) return;
    if (has_files()) { /* their offsets would be those of all tests */
        say("whole it has files open where its tests part");
        leave();
    }
    serve(thread, call);
}
