/* The counting mode (--mode=counts): instructions alone, as many as the model counts, at a few host instructions
 * for each block.
 *
 * A block's instructions up to its first exit are counted at its head, those behind an exit where it was not taken.
 * What a fault cuts short is taken back when its signal is delivered. */
#include "allocations.h"
#include "blocks.h"
#include "counting.h"
#include "executed.h"
#include "faults.h"
#include "guard.h"
#include "lines.h"
#include "model.h"
#include "moments.h"
#include "processor_id.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_threadstate.h"

typedef struct {
    Addr pc;
    UShort behind; /* instructions that were counted with it and begin after it */
} Place;

typedef struct {
    UInt count;
    Place places[];
} Counted;

typedef struct {
    UInt count;        /* instructions to be counted, without the repeated one */
    Addr repeated;     /* address of a repeated string instruction among them; 0 is none */
} Stretch;

enum { UNBOUNDED = 62 };

Bool counting;
static Long budget;      /* when the run ends */
static Long goal, left;  /* when somebody looks; what is left until then, once the block under way has ended */
static Addr repeating;    /* the string instruction that the last block repeats */
static const Counted *current; /* block under way; NULL after a system call */

ULong counted(void) { return goal - left; }

/* Between two blocks, or in a system call. */
void counting_until(ULong next) {
    ULong done = counted();
    goal = next < budget ? next : budget;
    left = goal - done;
}

void counting_limits(ULong most_instructions, ULong most_cycles) {
    budget = 1LL << UNBOUNDED;
    if (most_instructions && most_instructions < budget) budget = most_instructions;
    if (most_cycles && most_cycles < budget) budget = most_cycles; /* an instruction is a cycle */
}

void counting_init(ULong most_instructions, ULong most_cycles) {
    counting_limits(most_instructions, most_cycles);
    goal = left = budget;
    VG_(track_pre_deliver_signal)(counting_signal);
}

/* The block's own count is taken off what was left before: that may change only once the block has ended. */
static VG_REGPARM(0) void exhausted(void) {
    if (counted() > budget) end_of_budget();
    attend();
}

/* A block that a fault has cut short was counted as a whole: what had not begun is taken back. */
void counting_settle(ThreadId thread) {
    if (!current || thread == VG_INVALID_THREADID) return;
    const Place *p = current->places, *end = p + current->count;
    Addr at = VG_(get_IP)(thread);
    while (p != end && p->pc != at) p++;
    if (p != end) left += p->behind;
    current = NULL;
}

void counting_signal(ThreadId thread, Int sent, Bool other_stack) {
    counting_settle(thread);
    repeating = 0; /* the handler comes between two steps */
}

void counting_ends_block(void) { current = NULL; }

void counting_elsewhere(void) {
    current = NULL;
    repeating = 0;
}

/* ---- instrumentation ------------------------------------------------------------------------------- */

static IRExpr *computed(IRSB *out, IRType type, IRExpr *e) {
    IRTemp t = newIRTemp(out->tyenv, type);
    addStmtToIRSB(out, IRStmt_WrTmp(t, e));
    return IRExpr_RdTmp(t);
}
static IRExpr *number(ULong value) { return IRExpr_Const(IRConst_U64(value)); }
static IRExpr *kept(IRSB *out, void *place) {
    return computed(out, Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, mkIRExpr_HWord((HWord)place)));
}
static void keep(IRSB *out, void *place, IRExpr *value) {
    addStmtToIRSB(out, IRStmt_Store(Iend_LE, mkIRExpr_HWord((HWord)place), value));
}

/* A repeated string instruction counts with the first of its steps. */
static IRExpr *count_of(IRSB *out, const Stretch *s) {
    if (!s->repeated) return number(s->count);
    IRExpr *again = computed(out, Ity_I1, IRExpr_Binop(Iop_CmpEQ64, kept(out, &repeating), number(s->repeated)));
    keep(out, &repeating, number(0));
    return computed(out, Ity_I64, IRExpr_ITE(again, number(s->count), number(s->count + 1)));
}

static void tally(IRSB *out, const IRSB *in, UInt i, const Stretch *s, IRExpr *counted);

/* Counts the stretch of `in` from a statement on; at the head of a block it is looked first whether somebody waits for
 * attention. */
static void count(IRSB *out, const IRSB *in, UInt i, const Stretch *s, Bool head) {
    if (!head && !s->count && !s->repeated) return;
    IRExpr *before = kept(out, &left);
    if (head) {
        IRDirty *end = unsafeIRDirty_0_N(0, "exhausted", VG_(fnptr_to_fnentry)(&exhausted), mkIRExprVec_0());
        end->guard = computed(out, Ity_I1, IRExpr_Binop(Iop_CmpLT64S, before, number(0)));
        addStmtToIRSB(out, IRStmt_Dirty(end));
    }
    IRExpr *less = count_of(out, s);
    keep(out, &left, computed(out, Ity_I64, IRExpr_Binop(Iop_Sub64, before, less)));
    if (annotating) tally(out, in, i, s, less);
}

static Bool is_instruction(const IRStmt *st) { return st->tag == Ist_IMark; }

/* Adds what is executed of the code at an address to a stretch. Valgrind takes its magic sequences for one
 * instruction: they are several. */
static void add_instructions(Stretch *s, Addr at, UInt length) {
    for (UInt done = 0; done < length;) {
        const Inst *inst = instruction_at(at + done);
        if (!inst) break;
        if (inst->loop == L_REPEAT) s->repeated = inst->pc;
        else s->count += !(inst->uops[0].flags & U_TRAP);
        done += inst->len ? inst->len : length;
    }
}

/* The stretch from a statement to the next exit. */
static Stretch stretch_from(const IRSB *in, UInt i) {
    Stretch s = {0, 0};
    for (; i < in->stmts_used && in->stmts[i]->tag != Ist_Exit; i++)
        if (is_instruction(in->stmts[i])) add_instructions(&s, in->stmts[i]->Ist.IMark.addr, in->stmts[i]->Ist.IMark.len);
    return s;
}

static void add_to(IRSB *out, ULong *place, IRExpr *more) {
    keep(out, place, computed(out, Ity_I64, IRExpr_Binop(Iop_Add64, kept(out, place), more)));
}

/* The same for each of its instructions. */
static void tally(IRSB *out, const IRSB *in, UInt i, const Stretch *s, IRExpr *counted) {
    Executed *e = executed_together(s->count);
    for (; i < in->stmts_used && in->stmts[i]->tag != Ist_Exit; i++) {
        if (!is_instruction(in->stmts[i])) continue;
        Stretch one = {0, 0};
        add_instructions(&one, in->stmts[i]->Ist.IMark.addr, in->stmts[i]->Ist.IMark.len);
        while (one.count-- && e->count < s->count) e->at[e->count++] = in->stmts[i]->Ist.IMark.addr;
    }
    add_to(out, &e->times, number(1));
    if (!s->repeated) return;
    e->repeated = s->repeated;
    add_to(out, &e->repeated_times, computed(out, Ity_I64, IRExpr_Binop(Iop_Sub64, counted, number(s->count))));
}

/* What a fault of each instruction leaves undone. */
static Counted *describe(const IRSB *in) {
    UInt instructions = 0;
    for (UInt i = 0; i < in->stmts_used; i++) instructions += is_instruction(in->stmts[i]);
    Counted *block = VG_(malloc)("counted", sizeof(Counted) + instructions * sizeof(Place));
    block->count = 0;
    for (UInt i = 0; i < in->stmts_used; i++) {
        if (!is_instruction(in->stmts[i])) continue;
        Stretch s = stretch_from(in, i + 1);
        block->places[block->count++] = (Place){in->stmts[i]->Ist.IMark.addr, s.count + (s.repeated != 0)};
    }
    return block;
}

static void guard_statement(IRSB *out, IRStmt *st, Int offset_ip) {
    switch (st->tag) {
    case Ist_WrTmp: guard_temporary(st); break;
    case Ist_Store: guard_store(out, st->Ist.Store.addr, 1, NULL, offset_ip); break;
    case Ist_StoreG: guard_store(out, st->Ist.StoreG.details->addr, 1, st->Ist.StoreG.details->guard, offset_ip); break;
    case Ist_CAS: guard_store(out, st->Ist.CAS.details->addr, 1, NULL, offset_ip); break;
    case Ist_Dirty: {
        IRDirty *d = st->Ist.Dirty.details;
        if (d->mFx == Ifx_Write || d->mFx == Ifx_Modify) guard_store(out, d->mAddr, d->mSize, d->guard, offset_ip);
        replace_identification(d);
        break;
    }
    default: break;
    }
}

static VG_REGPARM(0) void look(void) { lines_look(counted()); }

static void look_at_lines(IRSB *out, Addr start, const VexGuestLayout *layout) {
    IRDirty *call = unsafeIRDirty_0_N(0, "look", VG_(fnptr_to_fnentry)(&look), mkIRExprVec_0());
    addStmtToIRSB(out, IRStmt_Dirty(call));
    lines_instrument(out, start, layout);
}

IRSB *counting_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                          const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                          IRType host_word) {
    IRSB *out = deepCopyIRSBExceptStmts(in);
    UInt i = 0;
    while (i < in->stmts_used && !is_instruction(in->stmts[i])) addStmtToIRSB(out, in->stmts[i++]);
    Addr start = i < in->stmts_used ? in->stmts[i]->Ist.IMark.addr : 0;
    guard_block(out, start);
    if (lines_interpret(start)) look_at_lines(out, start, layout);
    Stretch s = stretch_from(in, i);
    Addr repeated = s.repeated, behind = 0;
    count(out, in, i, &s, True);
    if (allocations_wanted) allocations_head(out, start, layout);
    keep(out, &current, mkIRExpr_HWord((HWord)describe(in)));
    begin_process(closure, out, layout);
    for (; i < in->stmts_used; i++) {
        IRStmt *st = in->stmts[i];
        if (st->tag == Ist_NoOp) continue;
        guard_statement(out, st, layout->offset_IP);
        if (is_instruction(st)) behind = st->Ist.IMark.addr + st->Ist.IMark.len;
        /* One that ends by what it finds goes on by an exit to itself. */
        Bool step = st->tag == Ist_Exit && repeated && st->Ist.Exit.dst->Ico.U64 == repeated;
        if (step) keep(out, &repeating, number(repeated));
        addStmtToIRSB(out, st);
        keep_faults(out, st);
        if (st->tag != Ist_Exit) continue;
        if (step) keep(out, &repeating, number(0));
        s = stretch_from(in, i + 1);
        if (s.repeated) repeated = s.repeated;
        count(out, in, i + 1, &s, False);
    }
    if (allocations_wanted) allocations_tail(out, behind, layout);
    Bool itself = repeated && out->next->tag == Iex_Const && out->next->Iex.Const.con->Ico.U64 == repeated;
    if (itself) keep(out, &repeating, number(repeated));
    without_requests(out);
    return out;
}
