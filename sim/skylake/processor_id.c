/* CPUID and the time-stamp counter: those of the simulated machine, whatever the host.
 *
 * The C library chooses its code by CPUID; so a program runs the same instructions here as there. */
#include "processor_id.h"
#include "libvex_guest_amd64.h"
#include "model.h"
#include "moments.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_machine.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

typedef struct {
    UInt leaf, eax, ebx, ecx, edx;
} Leaf;

/* gem5 24's default X86ISA. Leaves that are not here answer zeros. */
static const Leaf leaves[] = {
    {0x00000000, 0x0000000d, 0x6f677948, 0x656e6975, 0x6e65476e}, /* "HygonGenuine" */
    {0x00000001, 0x00020f51, 0x00000805, 0x00000209, 0xefdbfbff},
    {0x00000007, 0x00000000, 0x01800000, 0x00000000, 0x00000000},
    {0x80000000, 0x80000008, 0x6f677948, 0x656e6975, 0x6e65476e},
    {0x80000001, 0x00020f51, 0x00000405, 0x00020001, 0xebd3fbff},
    {0x80000002, 0x656b6146, 0x6d656720, 0x38782035, 0x36345f36 /* see gem5's order */},
    {0x80000003, 0x55504320, 0x00000000, 0x00000000, 0x00000000},
    {0x80000005, 0xff08ff08, 0xff20ff20, 0x40020140, 0x40020140},
    {0x80000006, 0x00000000, 0x42004200, 0x04008140, 0x00000000},
    {0x80000007, 0x80000018, 0x68747541, 0x444d4163, 0x69746e65},
    {0x80000008, 0x00003030, 0x00000000, 0x00000000, 0x00000000},
};

/* What compiled modules of Python ask for (x86-64-v2): CMPXCHG16B, SSE4.1, SSE4.2, POPCNT. */
enum { IDENTITY = 1, MODULES_WANT = 1 << 13 | 1 << 19 | 1 << 20 | 1 << 23 };

Bool interprets;
static Bool loading; /* the first file has been opened: the C library has chosen its code by then, as in the target */

void library_chosen(UInt call) { loading |= call == __NR_open || call == __NR_openat; }

void answer_cpuid(void *guest_state) {
    VexGuestAMD64State *st = guest_state;
    Leaf found = {0, 0, 0, 0, 0};
    for (UInt i = 0; i < sizeof leaves / sizeof *leaves; i++)
        if (leaves[i].leaf == (UInt)st->guest_RAX) found = leaves[i];
    if (interprets && loading && found.leaf == IDENTITY) found.ecx |= MODULES_WANT;
    st->guest_RAX = found.eax;
    st->guest_RBX = found.ebx;
    st->guest_RCX = found.ecx;
    st->guest_RDX = found.edx;
}

/* The time of the last committed instruction: simulated time. */
ULong answer_rdtsc(void) { return moment_now(); }

void answer_rdtscp(void *guest_state) {
    VexGuestAMD64State *st = guest_state;
    st->guest_RAX = (UInt)moment_now();
    st->guest_RDX = moment_now() >> 32;
    st->guest_RCX = 0;
}

static void return_value(ThreadId thread, ULong value) {
    VG_(set_shadow_regs_area)(thread, 0, offsetof(VexGuestAMD64State, guest_RAX), 8, (UChar *)&value);
}

/* Clocks that a system call tells or writes to memory; the time of day begins at the simulator's epoch. */
void answer_clock(ThreadId thread, UInt call, UWord *arguments) {
    enum { GETTIMEOFDAY = 96, GETRUSAGE = 98, TIMES = 100, TIME = 201, CLOCK_GETTIME = 228 };
    enum { PROCESS_TIME = 2, THREAD_TIME = 3, RUSAGE_WORDS = 18, TICK = 10000000, TMS_WORDS = 4 };
    /* Processor time does not pass in sleep. A process's own clock has a negative number. */
    Bool works = call == GETRUSAGE || (call == CLOCK_GETTIME && ((Int)arguments[0] < 0 || arguments[0] == PROCESS_TIME ||
                                                                 arguments[0] == THREAD_TIME));
    ULong nanoseconds = nanoseconds_of(works ? time_worked() : moment_now());
    ULong seconds = nanoseconds / 1000000000, rest = nanoseconds % 1000000000;
    Bool second = call == CLOCK_GETTIME || call == GETRUSAGE;
    ULong *to = (ULong *)arguments[second];
    switch (call) {
    case TIME:
        if (to) *to = EPOCH + seconds;
        return_value(thread, EPOCH + seconds);
        break;
    case TIMES:
        for (UInt i = 0; to && i < TMS_WORDS; i++) to[i] = i ? 0 : nanoseconds / TICK;
        return_value(thread, nanoseconds / TICK);
        break;
    case GETRUSAGE:
        for (UInt i = 0; i < RUSAGE_WORDS; i++) to[i] = 0;
        to[0] = seconds;
        to[1] = rest / 1000;
        break;
    case GETTIMEOFDAY:
    case CLOCK_GETTIME:
        if (!to) break;
        to[0] = EPOCH + seconds;
        to[1] = call == CLOCK_GETTIME ? rest : rest / 1000;
        break;
    default: break;
    }
}

/* The program's path, when it asks for it: the C library does at every start, and walks through it byte by
 * byte. Everywhere the same, and as long and as deep as in the target's published measurements. */
void answer_own_path(ThreadId thread, UInt call, UWord *arguments) {
    enum { READLINK = 89, READLINKAT = 267 };
    static const HChar own[] = "/pie/m/p/measured_program";
    if (call != READLINK && call != READLINKAT) return;
    const UWord *from = arguments + (call == READLINKAT);
    if (VG_(strcmp)((const HChar *)from[0], "/proc/self/exe") != 0) return;
    ULong length = sizeof own - 1 < from[2] ? sizeof own - 1 : from[2];
    if (!VG_(am_is_valid_for_client)(from[1], length, VKI_PROT_WRITE)) return;
    VG_(memcpy)((void *)from[1], own, length);
    return_value(thread, length);
}

/* Random bytes, the kernel's and the processor's: the same in each run, so that no cost hangs on chance. */
static UChar random_byte(void) {
    static ULong state;
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return state >> 56;
}

void answer_random(UInt call, UWord *arguments, UWord count) {
    enum { GETRANDOM = 318 };
    UChar *to = (UChar *)arguments[0];
    if (call != GETRANDOM) return;
    for (UWord i = 0; i < count; i++) to[i] = random_byte();
}

/* What RDRAND and RDSEED give: 32 bits, and above them the carry flag, which says that they are valid. */
ULong answer_rdrand(void) {
    ULong value = 1;
    for (UInt i = 0; i < 4; i++) value = value << 8 | random_byte();
    return value;
}
