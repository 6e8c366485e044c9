/* Decoded instructions by guest address. A changed instruction is decoded anew. */
#include "model.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"

enum { BUCKETS = 1 << 16 };

static Inst *buckets[BUCKETS];

/* How many bytes can be read at an address, up to 16. */
static UInt readable(Addr pc) {
    const NSegment *s = VG_(am_find_nsegment)(pc);
    if (!s || !(s->kind == SkFileC || s->kind == SkAnonC) || !s->hasR || !s->hasX) return 0;
    return s->end - pc < 15 ? s->end - pc + 1 : 16;
}

Inst *instruction_at(Addr pc) {
    Inst **bucket = &buckets[(pc ^ pc >> 16) & (BUCKETS - 1)];
    UInt room = readable(pc);
    if (!room) return NULL;
    for (Inst *i = *bucket; i; i = i->next_hash)
        if (i->pc == pc && VG_(memcmp)(i->bytes, (const void *)pc, i->len) == 0) return i;
    Uop uops[MAX_UOPS];
    Inst *inst = VG_(malloc)("instruction", sizeof(Inst));
    decode(inst, uops, pc, (const UChar *)pc, room);
    for (UInt i = 0; i < inst->nuops; i++) uop_facts(&uops[i]);
    inst->uops = VG_(malloc)("uops", inst->nuops * sizeof(Uop));
    VG_(memcpy)(inst->uops, uops, inst->nuops * sizeof(Uop));
    inst->tally = NULL;
    inst->next_hash = *bucket;
    *bucket = inst;
    return inst;
}
