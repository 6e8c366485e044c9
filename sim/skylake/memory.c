/* How much memory a program has in use, and for how long: pages that it has touched, of its own data and stacks.
 *
 * The kernel knows which pages those are (mincore). They become more by the program's touching them, and fewer by a few
 * system calls alone. So it is looked at before and behind such calls, and once in a while: at moments of simulated time,
 * so that the figures are the same everywhere. Pages of files are left out: whether they are in memory is the host's
 * doing. Huge pages are switched off, since with them the kernel touches more than the program did.
 *
 * Calls in quick succession are looked at together, so that what frees memory again and again is not held up. */
#include "memory.h"
#include "model.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

/* Of Valgrind's own headers. */
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord);

enum { PAGE = 4096, CHUNK = 1 << 16 /* pages */, FEW = 64, EVERY = 1000000 /* ns */, SOON = 10000 /* ns */,
       SET_HUGE_PAGES = 41 /* PR_SET_THP_DISABLE */ };

static Moment last_look;
static ULong last_pages, most_pages, first_pages, twice_over_time;

static ULong pages_in_use(void) {
    static Addr *starts;
    static Int room;
    static UChar present[CHUNK];
    ULong count = 0;
    Int found;
    while ((found = room ? VG_(am_get_segment_starts)(SkAnonC, starts, room) : -FEW) < 0) {
        room = -found + FEW;
        starts = VG_(realloc)("segments", starts, room * sizeof *starts);
    }
    for (Int i = 0; i < found; i++) {
        const NSegment *s = VG_(am_find_nsegment)(starts[i]);
        for (Addr at = s->start; at <= s->end; at += (Addr)CHUNK * PAGE) {
            ULong pages = (s->end + 1 - at) / PAGE;
            if (pages > CHUNK) pages = CHUNK;
            SysRes r = VG_(do_syscall)(__NR_mincore, at, pages * PAGE, (UWord)present, 0, 0, 0, 0, 0);
            if (sr_isError(r)) continue;
            for (ULong p = 0; p < pages; p++) count += present[p] & 1;
        }
    }
    return count;
}

/* Pages come to be in use by a store to one that had none yet, or by the kernel's in a system call; and a fault each,
 * which the kernel counts, the translator's own among them. They go by calls alone that give them back. So it is known
 * when there is nothing new to see. */
Addr memory_touched[TOUCHED];
static ULong faults_known, pages_known;
static Bool stored = True, given_back = True;

void memory_touches(Addr page) {
    memory_touched[page % TOUCHED] = page;
    stored = True;
}

ULong memory_pages(void) {
    enum { FAULTS = 8, FIELDS = 18 };
    if (!stored && !given_back) return pages_known;
    Long usage[FIELDS] = {0};
    SysRes r = VG_(do_syscall)(__NR_getrusage, 0, (UWord)usage, 0, 0, 0, 0, 0, 0);
    if (given_back || sr_isError(r) || (ULong)usage[FAULTS] != faults_known) {
        if (given_back) VG_(memset)(memory_touched, 0, sizeof memory_touched);
        pages_known = pages_in_use();
        faults_known = usage[FAULTS];
    }
    stored = given_back = False;
    return pages_known;
}

static void look(void) {
    Moment now = moment_now();
    ULong pages = pages_in_use();
    twice_over_time += (last_pages + pages) * (now - last_look);
    if (pages > most_pages) most_pages = pages;
    last_pages = pages;
    last_look = now;
}

void memory_init(void) {
    VG_(do_syscall)(__NR_prctl, SET_HUGE_PAGES, 1, 0, 0, 0, 0, 0, 0);
    memory_begins();
}

void memory_begins(void) {
    last_look = moment_now();
    first_pages = last_pages = most_pages = pages_in_use();
    twice_over_time = 0;
}

static Bool gives_back(UInt call, const UWord *a) {
    enum { DONT_NEED = 4, FREE = 8 };
    switch (call) {
    case __NR_munmap:
    case __NR_brk:
    case __NR_mremap: return True;
    case __NR_mmap: return (a[3] & VKI_MAP_FIXED) != 0;
    case __NR_madvise: return a[2] == DONT_NEED || a[2] == FREE;
    default: return False;
    }
}

void memory_around(UInt call, const UWord *a) {
    stored = True;
    if (!gives_back(call, a)) return;
    given_back = True;
    if (moment_now() - last_look >= duration(0, SOON)) look();
}

Moment memory_due(void) { return last_look + duration(0, EVERY); }

Bool memory_looked(void) {
    if (moment_now() < memory_due()) return False;
    look();
    return True;
}

void memory_ends(void) { look(); }

ULong memory_peak(void) { return most_pages * PAGE; }
ULong memory_over_time(void) { return twice_over_time / 2; }
ULong memory_at_start(void) { return first_pages * PAGE; }
