/* From VEX's superblocks to executed instructions.
 *
 * The translated code stores the addresses of its memory accesses and the number of instructions it
 * has begun; nothing else is added to it but one call at its head, which passes the block executed
 * before to the model. The block's description is made once, at translation. */
#include "allocations.h"
#include "blocks.h"
#include "guard.h"
#include "lines.h"
#include "trace.h"
#include "model.h"
#include "processor_id.h"
#include "start.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_machine.h"

enum { MAX_INSTS = 256 };

Bool annotating;
static Block *current;
static ULong progress; /* instructions begun; plus EARLY when the first exit of the last one was taken */
ULong values[MAX_VALUES];
enum { EARLY = 1 << 16 };

void blocks_steps(const Block *b, UInt count, Addr next) {
    const Step *s = b->steps;
    for (UInt i = 0; i < count; i++, s++) {
        Addr after = i + 1 < count ? s[1].inst->pc : next;
        if (s->simple && !annotating) {
            execute_simple(s->inst, values[s->load], values[s->store], after);
            continue;
        }
        traced_step = i;
        Event e = {values[s->load], values[s->store], values[s->other], &values[s->other],
                   i + 1 < count || !(progress & EARLY)};
        if (annotating) tally_before();
        execute(s->inst, &e, after);
        if (annotating) tally_after(s->inst);
    }
}

static void finish(Addr next) {
    Block *b = current;
    if (!b) return;
    UInt count = progress & 0xffff;
    if (count > b->count) count = b->count;
    if (!memoising || !memo_pass(b, count, next)) blocks_steps(b, count, next);
}

static VG_REGPARM(1) void enter(HWord block) {
    Block *b = (Block *)block;
    finish(b->start);
    current = b;
    progress = 0;
    if (b->interprets) lines_look(cycles_done());
    stop_at_limits();
}

void blocks_interrupted(Addr at) {
    const Block *b = current;
    if (!b) return;
    for (UInt i = b->count; i-- > 0;)
        if (b->steps[i].inst->pc == at) {
            /* Where the block had come to its end, or to an exit, it is known already how far it came. */
            if (i >= (progress & 0xffff)) progress = i + 1;
            return;
        }
}

void blocks_pass(Addr next) {
    finish(next);
    current = NULL;
}

/* ---- instrumentation ------------------------------------------------------------------------------- */

static void store(IRSB *out, void *place, IRExpr *value) {
    addStmtToIRSB(out, IRStmt_Store(Iend_LE, mkIRExpr_HWord((HWord)place), value));
}

static void note_progress(IRSB *out, ULong count) {
    store(out, &progress, IRExpr_Const(IRConst_U64(count)));
}

typedef struct {
    IRSB *out;
    Block *block;
    UInt nvalues;
    Int offset_ip;
    Bool exited; /* the current instruction has had an exit */
    UInt element; /* of the current gather: its next */
    Bool refused; /* the translator does not know the current instruction */
} Making;

static Step *now(Making *m) {
    return m->block->count && !m->refused ? &m->block->steps[m->block->count - 1] : NULL;
}

static void record(Making *m, UShort *place, IRExpr *value) {
    if (*place != NO_VALUE || m->nvalues >= MAX_VALUES) return;
    *place = m->nvalues++;
    store(m->out, &values[*place], value);
}

/* An access without an operation of its own in the model: what the decoder took the instruction for is wrong. */
static void check_operations(Step *step, UChar cls) {
    Inst *inst = step->inst;
    if (inst->by_memory) return;
    for (UInt i = 0; i < inst->nuops; i++)
        if (inst->uops[i].cls == cls) return;
    if (inst->known) memo_forget();
    inst->known = 0;
    step->simple = False;
}

static IRExpr *where(IRSB *out, IRExpr *condition, IRExpr *address) {
    IRTemp t = newIRTemp(out->tyenv, Ity_I64);
    addStmtToIRSB(out, IRStmt_WrTmp(t, IRExpr_ITE(condition, address, mkIRExpr_HWord(0))));
    return IRExpr_RdTmp(t);
}

/* A load, if `condition` (NULL: always). */
static void record_load(Making *m, IRExpr *address, IRExpr *condition) {
    Step *step = now(m);
    if (!step) return;
    check_operations(step, LOAD);
    if (step->inst->loop == L_GATHER && step->other != NO_VALUE && m->element < step->inst->body) {
        if (condition) address = where(m->out, condition, address);
        store(m->out, &values[step->other + m->element++], address);
    }
    record(m, &step->load, address);
}
/* A store of `size` bytes, if `condition` (NULL: always). */
static void record_store(Making *m, IRExpr *address, UInt size, IRExpr *condition) {
    guard_store(m->out, address, size, condition, m->offset_ip);
    if (!now(m)) return;
    check_operations(now(m), STORE);
    record(m, &now(m)->store, address);
}

/* A gather's elements have places of their own, one behind the other. */
static void reserve_elements(Making *m) {
    Step *step = now(m);
    m->element = 0;
    if (step->inst->loop != L_GATHER || m->nvalues + step->inst->body > MAX_VALUES) return;
    step->other = m->nvalues;
    m->nvalues += step->inst->body;
}

static void add_instructions(Making *m, Addr at, UInt length) {
    /* Valgrind takes its magic sequences for one instruction: they are several. */
    for (UInt done = 0; done < length && m->block->count < MAX_INSTS;) {
        Inst *inst = instruction_at(at + done);
        if (!inst) break;
        m->block->steps[m->block->count++] = (Step){inst, NO_VALUE, NO_VALUE, NO_VALUE, executes_simply(inst), inst->accesses};
        done += inst->len ? inst->len : length;
        reserve_elements(m);
    }
    m->exited = False;
}

static Bool named(const IRCallee *callee, const HChar *name) {
    return VG_(strncmp)(callee->name, name, VG_(strlen)(name)) == 0;
}

void replace_identification(IRDirty *d) {
    if (named(d->cee, "amd64g_dirtyhelper_CPUID")) d->cee->addr = answer_cpuid;
    if (named(d->cee, "amd64g_dirtyhelper_RDRAND") || named(d->cee, "amd64g_dirtyhelper_RDSEED"))
        d->cee->addr = answer_rdrand;
    if (named(d->cee, "amd64g_dirtyhelper_RDTSCP")) d->cee->addr = answer_rdtscp;
    else if (named(d->cee, "amd64g_dirtyhelper_RDTSC")) d->cee->addr = answer_rdtsc;
}

/* It may end in a signal, and the translator does not keep the program counter for it as for accesses. */
static Bool divides(IROp op) {
    switch (op) {
    case Iop_DivModU64to32: case Iop_DivModS64to32: case Iop_DivModU128to64: case Iop_DivModS128to64: return True;
    default: return False;
    }
}

/* Both halves of a division's result: the program may use only the remainder. */
static void record_quotient(Making *m, IROp op, IRTemp result) {
    if (op == Iop_DivModU64to32 || op == Iop_DivModS64to32) {
        record(m, &now(m)->other, IRExpr_RdTmp(result));
    } else if (op == Iop_DivModU128to64 || op == Iop_DivModS128to64) {
        IRTemp low = newIRTemp(m->out->tyenv, Ity_I64);
        addStmtToIRSB(m->out, IRStmt_WrTmp(low, IRExpr_Unop(Iop_128to64, IRExpr_RdTmp(result))));
        record(m, &now(m)->other, IRExpr_RdTmp(low));
    }
}

static void instrument_statement(Making *m, IRStmt *st) {
    switch (st->tag) {
    case Ist_WrTmp: {
        IRExpr *e = st->Ist.WrTmp.data;
        guard_temporary(st);
        if (e->tag == Iex_Binop && divides(e->Iex.Binop.op)) note_progress(m->out, m->block->count);
        if (e->tag == Iex_Load) record_load(m, e->Iex.Load.addr, NULL);
        break;
    }
    case Ist_Store: record_store(m, st->Ist.Store.addr, 1, NULL); break;
    case Ist_StoreG: record_store(m, st->Ist.StoreG.details->addr, 1, st->Ist.StoreG.details->guard); break;
    case Ist_LoadG: record_load(m, st->Ist.LoadG.details->addr, st->Ist.LoadG.details->guard); break;
    case Ist_CAS:
        record_load(m, st->Ist.CAS.details->addr, NULL);
        record_store(m, st->Ist.CAS.details->addr, 1, NULL);
        break;
    case Ist_Dirty: {
        IRDirty *d = st->Ist.Dirty.details;
        if (d->mFx == Ifx_Read || d->mFx == Ifx_Modify) record_load(m, d->mAddr, NULL);
        if (d->mFx == Ifx_Write || d->mFx == Ifx_Modify) record_store(m, d->mAddr, d->mSize, d->guard);
        replace_identification(d);
        break;
    }
    case Ist_Exit:
        note_progress(m->out, m->block->count | (m->exited ? 0 : EARLY));
        m->exited = True;
        break;
    default: break;
    }
    addStmtToIRSB(m->out, st);
    if (st->tag == Ist_WrTmp && now(m) && st->Ist.WrTmp.data->tag == Iex_Binop)
        record_quotient(m, st->Ist.WrTmp.data->Iex.Binop.op, st->Ist.WrTmp.tmp);
}

void begin_process(VgCallbackClosure *closure, IRSB *out, const VexGuestLayout *layout) {
    static Bool begun;
    if (begun) return;
    begun = True;
    ULong sp = start_stack(VG_(get_SP)(closure->tid));
    addStmtToIRSB(out, IRStmt_Put(layout->offset_SP, IRExpr_Const(IRConst_U64(sp))));
}

void without_requests(IRSB *out) {
    if (out->jumpkind == Ijk_ClientReq) out->jumpkind = Ijk_Boring;
}

IRSB *blocks_instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                        const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                        IRType host_word) {
    Making m = {deepCopyIRSBExceptStmts(in), NULL, NO_VALUE + 1, layout->offset_IP, False};
    Addr behind = 0;
    UInt instructions = 0, i = 0;
    for (UInt k = 0; k < in->stmts_used; k++) {
        IRStmt *st = in->stmts[k];
        if (st->tag == Ist_IMark) instructions += 1 + st->Ist.IMark.len / 4;
    }
    m.block = VG_(malloc)("block", sizeof(Block) + sizeof(Step) * (instructions + 1));
    m.block->start = 0;
    m.block->count = m.block->passed = m.block->remembered = 0;
    while (i < in->stmts_used && in->stmts[i]->tag != Ist_IMark) addStmtToIRSB(m.out, in->stmts[i++]);
    if (i < in->stmts_used) m.block->start = in->stmts[i]->Ist.IMark.addr;
    m.block->interprets = lines_interpret(m.block->start);
    guard_block(m.out, m.block->start);
    IRExpr **arguments = mkIRExprVec_1(mkIRExpr_HWord((HWord)m.block));
    IRDirty *call =
        unsafeIRDirty_0_N(1, "enter", VG_(fnptr_to_fnentry)(&enter), arguments);
    addStmtToIRSB(m.out, IRStmt_Dirty(call));
    if (m.block->interprets) lines_instrument(m.out, m.block->start, layout);
    if (allocations_wanted) allocations_head(m.out, m.block->start, layout);
    begin_process(closure, m.out, layout);
    for (; i < in->stmts_used; i++) {
        IRStmt *st = in->stmts[i];
        if (st->tag == Ist_NoOp) continue;
        if (st->tag == Ist_IMark) {
            add_instructions(&m, st->Ist.IMark.addr, st->Ist.IMark.len);
            m.refused = st->Ist.IMark.len == 0;
            behind = st->Ist.IMark.addr + st->Ist.IMark.len;
            addStmtToIRSB(m.out, st);
            continue;
        }
        instrument_statement(&m, st);
    }
    note_progress(m.out, m.block->count);
    if (allocations_wanted) allocations_tail(m.out, behind, layout);
    without_requests(m.out);
    return m.out;
}
