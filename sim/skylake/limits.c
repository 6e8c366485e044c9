/* Limits as the program has them natively, and the end of its data. */
#include "answers.h"
#include "guard.h"
#include "model.h"
#include "processor_id.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { CPU, FSIZE, DATA_SIZE, STACK, CORE, NOFILE = 7, AS = 9, LIMITS = 16, FILES = 64 };
#define NONE (~0ULL)

typedef struct {
    ULong soft, hard;
} Limit;

/* Those that the sandbox does not set are the host's natively: here there are none. */
static Limit limits[LIMITS] = {[0 ... LIMITS - 1] = {NONE, NONE}, [CORE] = {0, 0}, [NOFILE] = {FILES, 2 * FILES}};

static void both(UInt which, ULong value) {
    if (value) limits[which] = (Limit){value, value};
}

void limits_init(ULong stack, ULong memory, ULong file, ULong processor_seconds) {
    both(STACK, stack);
    both(AS, memory);
    both(FSIZE, file);
    if (processor_seconds) limits[CPU] = (Limit){processor_seconds, processor_seconds + 1};
}

/* The C library takes the limit of the main stack for the size of each thread's stack, when it starts: a few
 * threads would fill the address space. So that first question has the usual answer, as in the target. */
static ULong at_start(UInt which, ULong limit) {
    enum { USUAL = 8 << 20 };
    static Bool asked;
    if (which != STACK || asked) return limit;
    asked = True;
    return limit < USUAL ? limit : USUAL;
}

/* Of Valgrind's own headers: descriptors at or beyond it are not the program's. */
extern Int VG_(fd_soft_limit);

static Long change(UInt which, const Limit *wanted) {
    Limit l = *wanted;
    if (l.soft > l.hard) return -VKI_EINVAL;
    if (l.hard > limits[which].hard) return -VKI_EPERM;
    limits[which] = l;
    if (which == NOFILE) VG_(fd_soft_limit) = l.soft < FILES ? (Int)l.soft : FILES;
    return 0;
}

Bool limit_call(UInt call, const UWord *a, Long *answer) {
    Bool both_ways = call == __NR_prlimit64;
    if (!both_ways && call != __NR_getrlimit && call != __NR_setrlimit) return False;
    if (both_ways && a[0] != 0 && (UInt)a[0] != PROCESS) return False;
    UInt which = (UInt)a[both_ways];
    const Limit *wanted = both_ways ? (const Limit *)a[2] : call == __NR_setrlimit ? (const Limit *)a[1] : NULL;
    Limit *told = both_ways ? (Limit *)a[3] : call == __NR_getrlimit ? (Limit *)a[1] : NULL;
    *answer = -VKI_EINVAL;
    if (which >= LIMITS) return True;
    *answer = -VKI_EFAULT;
    if ((wanted || call == __NR_setrlimit) && !readable(wanted, sizeof *wanted)) return True;
    if ((told || call == __NR_getrlimit) && !writable(told, sizeof *told)) return True;
    Limit before = limits[which];
    *answer = wanted ? change(which, wanted) : 0;
    if (*answer) return True;
    if (told) *told = (Limit){wanted ? before.soft : at_start(which, before.soft), before.hard};
    return True;
}

/* ---- data ------------------------------------------------------------------------------------------------- */

/* Of Valgrind's own headers: where the data begins and ends; what maps memory for the program. */
extern Addr VG_(brk_base), VG_(brk_limit);
extern SysRes VG_(am_mmap_anon_fixed_client)(Addr start, SizeT length, UInt protection);

Addr end_of_data(void) { return VG_(brk_limit); }

void data_ended(Addr before) {
    Addr now = VG_PGROUNDUP(VG_(brk_limit));
    if (now < before) pages_given_back(now, before - now);
}

extern const NSegment *VG_(am_next_nsegment)(const NSegment *here, Bool forwards);

Bool grow_data(Addr end) {
    const NSegment *s = VG_(am_find_nsegment)(VG_(brk_limit) - (VG_(brk_limit) > VG_(brk_base)));
    ULong most = limits[DATA_SIZE].soft < limits[AS].soft ? limits[DATA_SIZE].soft : limits[AS].soft;
    if (!s || s->kind != SkAnonC || end <= s->end || end - VG_(brk_base) > most) return False;
    Addr from = s->end + 1, to = VG_PGROUNDUP(end);
    for (; s && s->start < to; s = VG_(am_next_nsegment)(s, True))
        if (s->start >= from && s->kind != SkResvn) return False;
    if (sr_isError(VG_(am_mmap_anon_fixed_client)(from, to - from, VKI_PROT_READ | VKI_PROT_WRITE | VKI_PROT_EXEC)))
        return False;
    VG_(brk_limit) = end;
    memory_map_changed();
    return True;
}
