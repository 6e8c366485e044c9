/* Who asks for memory, and for how much (--allocations=...).
 *
 * Each call of the program's notes where it returns to, and where that lies on the stack. So the chain of callers is
 * known when a function that gives memory is entered, with no debug information and no frame pointers. What a function
 * that gives memory asks of another one is not counted again. */
#include "allocations.h"
#include "threads.h"
#include "pub_tool_guest.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"

enum Kind { MALLOC, CALLOC, REALLOC, MEMALIGN, ALIGNED_ALLOC, POSIX_MEMALIGN, KINDS };
enum { MOST_DEEP = 1 << 20, CALLERS = 16, SLOTS = 1 << 12, MOST_CHAINS = 1 << 14, MOST_TOLD = 1 << 11 };

typedef struct {
    Addr returns, sp; /* sp: where the address to return to lies */
    ULong serial;
} Call;

typedef struct Chain {
    ULong calls, bytes;
    UInt count;
    Addr callers[CALLERS]; /* the innermost first */
    struct Chain *next;
} Chain;

Bool allocations_wanted;
static Addr entries[KINDS];
static Call *calls;
static UInt depth, room, thread, chains;
static ULong serials, giving; /* giving: the call of the function that gives memory just now */
static Chain *slots[SLOTS];

Bool allocations_option(const HChar *text) {
    HChar *rest = (HChar *)text;
    for (UInt i = 0; i < KINDS; i++) {
        entries[i] = VG_(strtoull16)(rest, &rest);
        if (*rest != (i + 1 < KINDS ? ',' : 0)) return False;
        rest++;
    }
    return allocations_wanted = True;
}

static VG_REGPARM(2) void called(HWord returns, HWord sp) {
    if (thread != thread_number()) { /* the callers of another thread are not kept */
        thread = thread_number();
        depth = 0;
    }
    while (depth && calls[depth - 1].sp <= sp) depth--;
    if (depth == MOST_DEEP) return;
    if (depth == room) {
        room = room * 2 + 1024;
        calls = VG_(realloc)("calls", calls, room * sizeof *calls);
    }
    calls[depth++] = (Call){returns, sp, ++serials};
}

static Chain *chain_of_callers(void) {
    Chain found = {0};
    ULong hash = 0;
    for (UInt i = depth; i-- && found.count < CALLERS;) {
        found.callers[found.count++] = calls[i].returns;
        hash = (hash ^ calls[i].returns) * 0x9e3779b97f4a7c15ULL;
    }
    Chain **slot = &slots[hash >> 32 & SLOTS - 1];
    for (Chain *c = *slot; c; c = c->next)
        if (c->count == found.count && !VG_(memcmp)(c->callers, found.callers, sizeof found.callers)) return c;
    if (chains == MOST_CHAINS) return NULL;
    chains++;
    Chain *c = VG_(malloc)("chain", sizeof *c);
    *c = found;
    c->next = *slot;
    return *slot = c;
}

static VG_REGPARM(3) void asked(HWord bytes, HWord sp, HWord times) {
    while (depth && calls[depth - 1].sp < sp) depth--;
    for (UInt i = depth; giving && i-- && calls[i].serial >= giving;)
        if (calls[i].serial == giving) return;
    giving = depth ? calls[depth - 1].serial : 0;
    Chain *c = chain_of_callers();
    if (!c) return;
    c->calls++;
    c->bytes += bytes * times;
}

static IRExpr *reg(IRSB *out, Int offset) {
    IRTemp t = newIRTemp(out->tyenv, Ity_I64);
    addStmtToIRSB(out, IRStmt_WrTmp(t, IRExpr_Get(offset, Ity_I64)));
    return IRExpr_RdTmp(t);
}

#define REGISTER(name) reg(out, offsetof(VexGuestArchState, guest_##name))

void allocations_head(IRSB *out, Addr block, const VexGuestLayout *layout) {
    UInt kind = 0;
    while (kind < KINDS && !(entries[kind] && entries[kind] == block)) kind++;
    if (kind == KINDS) return;
    IRExpr *bytes = kind == POSIX_MEMALIGN ? REGISTER(RDX) : kind <= CALLOC ? REGISTER(RDI) : REGISTER(RSI);
    IRExpr *times = kind == CALLOC ? REGISTER(RSI) : mkIRExpr_HWord(1);
    IRExpr **arguments = mkIRExprVec_3(bytes, reg(out, layout->offset_SP), times);
    addStmtToIRSB(out, IRStmt_Dirty(unsafeIRDirty_0_N(3, "asked", VG_(fnptr_to_fnentry)(&asked), arguments)));
}

void allocations_tail(IRSB *out, Addr behind, const VexGuestLayout *layout) {
    if (out->jumpkind != Ijk_Call) return;
    IRExpr **arguments = mkIRExprVec_2(mkIRExpr_HWord(behind), reg(out, layout->offset_SP));
    addStmtToIRSB(out, IRStmt_Dirty(unsafeIRDirty_0_N(2, "called", VG_(fnptr_to_fnentry)(&called), arguments)));
}

static Int larger(const void *one, const void *other) {
    const Chain *a = *(Chain *const *)one, *b = *(Chain *const *)other;
    if (a->bytes != b->bytes) return a->bytes > b->bytes ? -1 : 1;
    if (a->calls != b->calls) return a->calls > b->calls ? -1 : 1;
    return VG_(memcmp)(a->callers, b->callers, sizeof a->callers);
}

void allocations_end(void) {
    Chain **sorted = VG_(malloc)("chains", (chains + 1) * sizeof *sorted);
    UInt count = 0;
    for (UInt i = 0; i < SLOTS; i++)
        for (Chain *c = slots[i]; c; c = c->next) sorted[count++] = c;
    VG_(ssort)(sorted, count, sizeof *sorted, larger);
    for (UInt i = 0; i < count && i < MOST_TOLD; i++) {
        enum { LONGEST = 20 };
        HChar text[(CALLERS + 1) * LONGEST];
        UInt at = 0;
        for (UInt k = 0; k < sorted[i]->count; k++) at += VG_(sprintf)(text + at, " %lx", sorted[i]->callers[k]);
        text[at] = 0;
        VG_(umsg)("PIE-ALLOCATIONS %llu %llu%s\n", sorted[i]->calls, sorted[i]->bytes, text);
    }
}
