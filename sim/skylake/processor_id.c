/* CPUID and the time-stamp counter: those of the simulated machine, whatever the host.
 *
 * The C library chooses its code by CPUID; so a program runs the same instructions here as there. */
#include "processor_id.h"
#include "libvex_guest_amd64.h"
#include "model.h"

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

void answer_cpuid(void *guest_state) {
    VexGuestAMD64State *st = guest_state;
    Leaf found = {0, 0, 0, 0, 0};
    for (UInt i = 0; i < sizeof leaves / sizeof *leaves; i++)
        if (leaves[i].leaf == (UInt)st->guest_RAX) found = leaves[i];
    st->guest_RAX = found.eax;
    st->guest_RBX = found.ebx;
    st->guest_RCX = found.ecx;
    st->guest_RDX = found.edx;
}

/* The time of the last committed instruction: simulated time. */
ULong answer_rdtsc(void) { return last_commit(); }

/* Clocks that a system call writes to memory; they begin at the simulator's epoch. */
void answer_clock(UInt call, UWord *arguments) {
    enum { GETTIMEOFDAY = 96, CLOCK_GETTIME = 228, EPOCH = 1000000000 };
    ULong nanoseconds = last_commit() * 2 / 7; /* at 3.5 GHz */
    Bool fine = call == CLOCK_GETTIME;
    ULong *to = (ULong *)(fine ? arguments[1] : arguments[0]);
    if (!(fine || call == GETTIMEOFDAY) || !to) return;
    to[0] = EPOCH + nanoseconds / 1000000000;
    to[1] = nanoseconds % 1000000000 / (fine ? 1 : 1000);
}
