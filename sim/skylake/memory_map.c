/* What of the program's memory can be read: a wrong path asks for anything, and often. */
#include "model.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { RANGES = 16, RANGE_BITS = 20, PAGES = 1024 };

/* Readable ranges found before. Only system calls take memory away (memory_map_changed); the stack grows
 * without one, so what was not found is asked for again. */
static struct {
    Addr first, last;
} ranges[2][RANGES];

/* Pages of mapped files that were there, with the last change of memory before. */
static struct {
    Addr page;
    ULong change;
} pages[PAGES];
static ULong changes = 1;

void memory_map_changed(void) {
    VG_(memset)(ranges, 0, sizeof ranges);
    changes++;
}

/* Of Valgrind's own headers. */
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord);

/* A mapping may be longer than its file, which may be cut later: then there is no page, and to read it is a signal.
 * The kernel reads a set of signals before it finds that there is no such way to change the mask. */
static Bool present(Addr page) {
    enum { NO_WAY = 99, SET = 8 };
    typeof(&pages[0]) known = &pages[page / VKI_PAGE_SIZE % PAGES];
    if (known->page == page && known->change == changes) return True;
    SysRes asked = VG_(do_syscall)(__NR_rt_sigprocmask, NO_WAY, page, 0, SET, 0, 0, 0, 0);
    if (sr_isError(asked) && sr_Err(asked) == VKI_EFAULT) return False;
    known->page = page;
    known->change = changes;
    return True;
}

/* The file that was mapped first is the program's own, which nobody can write. */
static Bool may_be_cut(const NSegment *s) {
    static ULong device, number;
    if (s->kind != SkFileC) return False;
    if (!number) device = s->dev, number = s->ino;
    return s->dev != device || s->ino != number;
}

Bool memory_present(const void *address, SizeT size) {
    Addr last = (Addr)address + size - 1;
    for (Addr page = VG_PGROUNDDN(address); page <= last; page += VKI_PAGE_SIZE) {
        const NSegment *s = VG_(am_find_nsegment)(page);
        if (s && may_be_cut(s) && !present(page)) return False;
    }
    return True;
}

Addr readable_until(enum Side side, Addr address) {
    typeof(&ranges[0][0]) known = &ranges[side][(address >> RANGE_BITS) % RANGES];
    if (known->first <= address && address <= known->last) return known->last;
    const NSegment *s = VG_(am_find_nsegment)(address);
    if (!s || !s->hasR || !(s->kind == SkFileC || s->kind == SkAnonC || (side == DATA && s->kind == SkShmC))) return 0;
    if (side == INSTRUCTION && !s->hasX) return 0;
    if (may_be_cut(s)) {
        Addr page = VG_PGROUNDDN(address), next = page + VKI_PAGE_SIZE;
        if (!present(page)) return 0;
        if (next < s->end && present(next)) next += VKI_PAGE_SIZE;
        return next - 1 < s->end ? next - 1 : s->end;
    }
    known->first = s->start;
    known->last = s->end;
    return s->end;
}
