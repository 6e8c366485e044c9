/* How often each instruction was executed, in the mode `counts` with --annotate=yes: the translated code counts for
 * each stretch without an exit, and the instructions of all are told of at the end, the most executed first. */
#include "executed.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_mallocfree.h"

enum { MOST = 8192, A_LINE = 16 };

typedef struct {
    Addr at;
    ULong times;
} Tally;

static Executed *all;

Executed *executed_together(UInt most) {
    Executed *e = VG_(calloc)("executed", 1, sizeof *e + most * sizeof e->at[0]);
    e->next = all;
    return all = e;
}

static Int by_address(const void *one, const void *other) {
    Addr a = ((const Tally *)one)->at, b = ((const Tally *)other)->at;
    return a < b ? -1 : a > b;
}

static Int by_times(const void *one, const void *other) {
    ULong a = ((const Tally *)one)->times, b = ((const Tally *)other)->times;
    return a != b ? (a > b ? -1 : 1) : by_address(one, other);
}

void executed_end(void) {
    UInt room = 0, count = 0, different = 0;
    for (const Executed *e = all; e; e = e->next) room += e->count + 1;
    Tally *tallies = VG_(malloc)("tallies", (room + 1) * sizeof *tallies);
    for (const Executed *e = all; e; e = e->next) {
        for (UInt i = 0; e->times && i < e->count; i++) tallies[count++] = (Tally){e->at[i], e->times};
        if (e->repeated_times) tallies[count++] = (Tally){e->repeated, e->repeated_times};
    }
    VG_(ssort)(tallies, count, sizeof *tallies, by_address);
    for (UInt i = 0; i < count; i++) {
        if (different && tallies[different - 1].at == tallies[i].at) tallies[different - 1].times += tallies[i].times;
        else tallies[different++] = tallies[i];
    }
    VG_(ssort)(tallies, different, sizeof *tallies, by_times);
    UInt shown = different < MOST ? different : MOST;
    for (UInt i = 0; i < shown; i += A_LINE) {
        enum { LONGEST = 80 };
        HChar line[A_LINE * LONGEST];
        UInt at = 0;
        for (UInt k = i; k < i + A_LINE && k < shown; k++)
            at += VG_(sprintf)(line + at, " %lx,%llu,%llu,0,0,0,0", tallies[k].at, tallies[k].times, tallies[k].times);
        VG_(umsg)("PIE-ADDRESSES%s\n", line);
    }
}
