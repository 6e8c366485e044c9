/* What of the program's memory can be read: a wrong path asks for anything, and often. */
#include "model.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"

enum { RANGES = 16, RANGE_BITS = 20 };

/* Readable ranges found before. Only system calls take memory away (memory_map_changed); the stack grows
 * without one, so what was not found is asked for again. */
static struct {
    Addr first, last;
} ranges[2][RANGES];

void memory_map_changed(void) { VG_(memset)(ranges, 0, sizeof ranges); }

Addr readable_until(enum Side side, Addr address) {
    typeof(&ranges[0][0]) known = &ranges[side][(address >> RANGE_BITS) % RANGES];
    if (known->first <= address && address <= known->last) return known->last;
    const NSegment *s = VG_(am_find_nsegment)(address);
    if (!s || !s->hasR || !(s->kind == SkFileC || s->kind == SkAnonC || (side == DATA && s->kind == SkShmC))) return 0;
    if (side == INSTRUCTION && !s->hasX) return 0;
    known->first = s->start;
    known->last = s->end;
    return s->end;
}
