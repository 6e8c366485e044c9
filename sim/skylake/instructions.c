/* Decoded instructions by guest address. A changed instruction is decoded anew. */
#include "emulate.h"
#include "forks.h"
#include "front_end.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_mallocfree.h"

enum { BUCKETS = 1 << 16 };

static Inst *buckets[BUCKETS];

/* How many bytes can be read at an address, up to 16. */
static UInt readable(Addr pc) {
    Addr last = readable_until(INSTRUCTION, pc);
    return !last ? 0 : last - pc < 15 ? last - pc + 1 : 16;
}

/* Whether the code at its address is still the same. */
static Bool unchanged(const Inst *i) {
    enum { PAGE = 4096, BYTES = 16 };
    if (i->pc % PAGE > PAGE - BYTES) return VG_(memcmp)(i->bytes, (const void *)i->pc, i->len) == 0;
    const ULong *code = (const ULong *)i->pc;
    ULong low = code[0] ^ i->bytes[0], high = code[1] ^ i->bytes[1];
    if (i->len < 8) return low << (64 - 8 * i->len) == 0;
    return low == 0 && (i->len == 8 || high << (128 - 8 * i->len) == 0);
}

static Bool goes_straight(const Inst *inst) {
    for (UInt i = 0; i < inst->nuops; i++) {
        if (inst->uops[i].flags & U_TRAP) return False;
        if (inst->uops[i].flags & U_BRANCH && i + 1u < inst->nuops && inst->loop == L_NONE) return False;
    }
    return True;
}

static Inst **numbered;
static UInt numbers, numbers_room;

Inst *instruction_numbered(UInt number) { return numbered[number]; }

static void give_number(Inst *inst) {
    enum { FIRST_ROOM = 1 << 12 };
    if (numbers == numbers_room) {
        numbers_room = numbers ? 2 * numbers_room : FIRST_ROOM;
        numbered = VG_(realloc)("numbered", numbered, numbers_room * sizeof *numbered);
    }
    inst->number = numbers;
    numbered[numbers++] = inst;
}

/* How many instructions were decoded at an address that had one. */
static UInt decoded_again = 1;

static __attribute__((noinline)) Inst *decode_new(Addr pc, UInt room) {
    Inst **bucket = &buckets[(pc ^ pc >> 16) & (BUCKETS - 1)];
    for (Inst *i = *bucket; i; i = i->next_hash) decoded_again += i->pc == pc;
    if (wandering) forks_known(DECODED_AT, pc); /* else its block says so */
    Uop uops[MAX_UOPS];
    Inst *inst = VG_(malloc)("instruction", sizeof(Inst));
    decode(inst, uops, pc, (const UChar *)pc, room);
    for (UInt i = 0; i < inst->nuops; i++) uop_facts(&uops[i]);
    inst->uops = VG_(malloc)("uops", inst->nuops * sizeof(Uop));
    VG_(memcpy)(inst->uops, uops, inst->nuops * sizeof(Uop));
    inst->straight = goes_straight(inst);
    inst->accesses = False;
    for (UInt i = 0; i < inst->nuops; i++) inst->accesses |= uops[i].cls == LOAD || uops[i].cls == STORE;
    take_apart(inst);
    give_number(inst);
    inst->next_hash = *bucket;
    *bucket = inst;
    return inst;
}

Inst *instruction_at(Addr pc) {
    UInt room = readable(pc);
    if (!room) return NULL;
    for (Inst *i = buckets[(pc ^ pc >> 16) & (BUCKETS - 1)]; i; i = i->next_hash)
        if (i->pc == pc && unchanged(i)) return i;
    return decode_new(pc, room);
}

Inst *instruction_behind(Inst *inst) {
    Addr pc = inst->pc + inst->len;
    Inst *next = inst->following;
    /* It is the one that would be found, if its code is the same and none was decoded there since. */
    if (next && inst->following_found == decoded_again && readable_until(INSTRUCTION, pc) && unchanged(next))
        return next;
    next = instruction_at(pc);
    forks_known(FOLLOWED, inst->pc);
    inst->following = next;
    inst->following_found = decoded_again;
    return next;
}

void unknown_instructions(void) {
    enum { MOST = 5 };
    for (UInt told = 0; told < MOST; told++) {
        Inst *most = NULL;
        for (UInt i = 0; i < BUCKETS; i++)
            for (Inst *k = buckets[i]; k; k = k->next_hash)
                if (k->executed_unknown > (most ? most->executed_unknown : 0)) most = k;
        if (!most) return;
        HChar code[33];
        for (UInt i = 0; i < most->len; i++) VG_(sprintf)(code + 2 * i, "%02x", ((const UChar *)most->bytes)[i]);
        VG_(umsg)("PIE-UNKNOWN %s %llu\n", code, most->executed_unknown);
        most->executed_unknown = 0;
    }
}
