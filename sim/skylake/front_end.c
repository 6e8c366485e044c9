/* Fetch: a buffer of 16 bytes behind the instruction cache, and the branch predictor that leads it.
 *
 * The buffer is asked for anew whenever fetch leaves it, so 16 bytes cost four cycles and a taken branch as
 * much: this bounds the whole machine. After a wrong prediction fetch goes on along the wrong path until the
 * branch is found out, and what it brings into the cache stays there; so the wrong path is walked, too. */
#include "model.h"
#include "emulate.h"
#include "libvex_guest_amd64.h"
#include "pub_tool_machine.h"
#include "pub_tool_threadstate.h"


enum { BLOCK = 16, HIT = 4, FETCH_WIDTH = 4, FETCH_TO_EXECUTE = 14, DECODE_RESTART = 2, COMMIT_RESTART = 8 };

static Cycle now_;      /* the cycle in which fetch works */
static UInt count;      /* micro-operations fetched in it */
static Addr block;      /* the block in the buffer, or on its way */
static Bool block_here; /* it has arrived */

void front_end_init(void) {
    block = ~0UL;
    block_here = False;
}

static const Cycle forever = ~0ULL;

static void advance_to(Cycle at) {
    if (at > now_) {
        now_ = at;
        count = 0;
    }
}

static void next_cycle(void) { advance_to(now_ + 1); }

static Bool need_block(Addr wanted) {
    return !(block_here && block == wanted);
}

/* Asks for a block in this cycle; fetch goes on when it is there. False if that is at or after `limit`. */
static Bool ask(Addr wanted, Cycle limit) {
    Cycle there = cache_access(INSTRUCTION, wanted, False, now_);
    block = wanted;
    block_here = there < limit;
    if (!block_here) return False;
    if (limit == forever && there > now_ + HIT) fetch_lost(CODE, there - now_ - HIT);
    advance_to(there);
    return True;
}

/* Gets the bytes of an instruction; False when `limit` comes first. */
static Bool get_bytes(Addr pc, UInt length, Cycle limit) {
    Addr first = pc & ~(Addr)(BLOCK - 1), last = (pc + length - 1) & ~(Addr)(BLOCK - 1);
    if (need_block(first) && !ask(first, limit)) return False;
    for (Addr b = first + BLOCK; b <= last; b += BLOCK) {
        if (count == FETCH_WIDTH) next_cycle();
        if (now_ >= limit) return False;
        if (!ask(b, limit)) return False;
    }
    return now_ < limit;
}

static void place_uop(void) {
    if (count == FETCH_WIDTH) next_cycle();
    count++;
}

/* Fetch sees a squash in cycle `at` and works again in the next. */
static void restart(Cycle at) {
    now_ = at;
    count = 0;
}

void fetch_restart(Cycle at) { restart(at); }

static Addr successor; /* of the instruction under way; 0 at the end of the program */

/* ---- the wrong path ------------------------------------------------------------------------------- */

/* The registers where the paths part: those of the next block, which is about to begin. */
static void wrong_registers(Registers *r) {
    static const UShort places[16] = {
        offsetof(VexGuestAMD64State, guest_RAX), offsetof(VexGuestAMD64State, guest_RCX),
        offsetof(VexGuestAMD64State, guest_RDX), offsetof(VexGuestAMD64State, guest_RBX),
        offsetof(VexGuestAMD64State, guest_RSP), offsetof(VexGuestAMD64State, guest_RBP),
        offsetof(VexGuestAMD64State, guest_RSI), offsetof(VexGuestAMD64State, guest_RDI),
        offsetof(VexGuestAMD64State, guest_R8),  offsetof(VexGuestAMD64State, guest_R9),
        offsetof(VexGuestAMD64State, guest_R10), offsetof(VexGuestAMD64State, guest_R11),
        offsetof(VexGuestAMD64State, guest_R12), offsetof(VexGuestAMD64State, guest_R13),
        offsetof(VexGuestAMD64State, guest_R14), offsetof(VexGuestAMD64State, guest_R15)};
    ThreadId thread = VG_(get_running_tid)();
    for (UInt i = 0; i < 16; i++) {
        VG_(get_shadow_regs_area)(thread, (UChar *)&r->value[i], 0, places[i], 8);
        r->ready[i] = register_ready(R_GPR + i);
    }
    r->known = 0xffff;
}

/* A load on the wrong path that begins before the squash reaches it brings its line. */
static void wrong_load(const Inst *inst, Registers *r, Cycle limit) {
    Emulated e;
    emulate(inst, r, &e);
    if (!e.loads) return;
    Cycle executed = now_ + FETCH_TO_EXECUTE;
    if (e.operands + 1 > executed) executed = e.operands + 1;
    if (executed >= limit || !can_read(e.address, e.size)) return;
    Bool covered = store_covers(e.address, e.size, executed);
    emulate_load(&e, r, covered ? executed + 1 : cache_access(DATA, e.address, False, executed));
}

/* Follows predictions from `pc` until the cycle `limit`, in which fetch is stopped. */
static void wander(Addr pc, Cycle limit) {
    Registers registers;
    history_save();
    wrong_registers(&registers);
    UInt fetched = 0;
    while (now_ < limit && fetched < 400) {
        Inst *inst = instruction_at(pc);
        if (!inst || !get_bytes(pc, inst->len, limit)) break;
        fetched += inst->nuops;
        Addr next = pc + inst->len;
        for (UInt i = 0; i < inst->nuops; i++) place_uop();
        if (now_ >= limit) break;
        wrong_load(inst, &registers, limit);
        for (UInt i = 0; i < inst->nuops && now_ + FETCH_TO_EXECUTE - 1 < limit; i++)
            if (inst->uops[i].cls == STORE) store_squashed(inst->pc);
        if (inst->nuops && inst->uops[0].flags & U_TRAP) break;
        if (inst->kind != K_PLAIN) {
            Prediction p = predict(pc, inst->kind, inst->target, next, now_, True);
            Bool direct = inst->kind == K_JUMP || inst->kind == K_CALL;
            if (p.taken && (p.target == inst->target || inst->kind == K_RET || inst->kind >= K_INDIRECT)) {
                next = p.target;
                if (next >> 4 == block >> 4) next_cycle();
            } else if (direct || (p.taken && inst->kind == K_COND)) {
                /* decode finds this out */
                Cycle corrected = now_ + 5;
                if (corrected > limit) {
                    /* on along the fall-through until then: one more block at most */
                    pc = next;
                    if (need_block(pc & ~(Addr)(BLOCK - 1))) ask(pc & ~(Addr)(BLOCK - 1), limit);
                    break;
                }
                if (need_block(next & ~(Addr)(BLOCK - 1))) ask(next & ~(Addr)(BLOCK - 1), corrected - 1);
                decode_corrected(pc, inst->target);
                restart(corrected);
                next = inst->target;
            }
        }
        pc = next;
    }
    history_restore();
}

/* ---- the right path ------------------------------------------------------------------------------- */

static void mispredicted(Addr wrong, Cycle seen, Cycle again, UChar why) {
    fetch_lost(why, again > now_ ? again - now_ : 0);
    if (wrong) wander(wrong, seen);
    if (!block_here) block = ~0UL;
    restart(again);
}

/* A branch inside micro-code: predicted like any other under the address of its instruction. */
static Cycle jumped_in = ~0ULL;

static void micro_branch(Inst *inst, const Passed *passed, Cycle fetched, Bool taken) {
    Prediction p = predict(inst->pc, K_COND, inst->pc, inst->pc, fetched, False);
    Bool wrong = p.taken != taken;
    resolve(inst->pc, taken, wrong, passed->committed);
    if (wrong) {
        statistics.mispredictions++;
        Cycle again = passed->executed + COMMIT_RESTART;
        fetch_lost(inst->loop == L_DIVIDE ? DIVISION : BRANCH, again > now_ ? again - now_ : 0);
        restart(again);
    } else if (taken) {
        jumped_in = now_; /* this cycle's fetch ends with the instruction */
    }
}

static Bool one(Inst *inst, const Uop *u, const Event *e, Passed *passed) {
    Cycle room = fetch_room();
    if (room > now_) advance_to(room);
    place_uop();
    pass(u, now_, u->cls == STORE ? e->store : e->load, inst->pc,
         inst->loop == L_DIVIDE ? DIVISION : RETIRING, passed);
    return !passed->replayed;
}

/* A system call restarts fetch when it commits; until then fetch has gone on behind it. */
static void system_call(const Inst *inst, const Passed *passed) {
    statistics.syscalls++;
    fetch_lost(SERIAL, passed->restart > now_ ? passed->restart - now_ : 0);
    if (successor) wander(inst->pc + inst->len, passed->restart - 1);
    if (!block_here) block = ~0UL;
    restart(passed->restart);
}

static void range(Inst *inst, UInt from, UInt to, const Event *e, Passed *passed) {
    for (UInt i = from; i < to; i++) {
        one(inst, &inst->uops[i], e, passed);
        if (passed->replayed) {
            statistics.replays++;
            fetch_lost(ORDER, passed->restart > now_ ? passed->restart - now_ : 0);
            restart(passed->restart);
            i--; /* once more: now it waits for the store */
            continue;
        }
        const Uop *u = &inst->uops[i];
        if (u->flags & U_BRANCH && i + 1 < inst->nuops && inst->loop == L_NONE)
            micro_branch(inst, passed, now_, (u->flags & U_TAKEN) != 0);
        if (u->flags & U_TRAP) system_call(inst, passed);
    }
}

static UInt ones(ULong x) {
    UInt n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

static void divide(Inst *inst, const Event *e, Passed *passed) {
    ULong q = e->quotient;
    if (inst->size < 8) q = inst->is_signed ? (ULong)(Long)(Int)q : (UInt)q;
    if (inst->is_signed && q >> 63) q = -q;
    UInt steps = ones(q) + !(q & 1), done = 2;
    range(inst, 0, inst->pre, e, passed);
    UInt each = inst->body - 1;
    do {
        range(inst, inst->pre, inst->pre + inst->body, e, passed);
        done += each;
        micro_branch(inst, passed, now_, done < steps);
    } while (done < steps);
    range(inst, inst->pre + inst->body, inst->nuops, e, passed);
}

/* A repeated string instruction comes once for each of its steps. */
static Addr repeating;

static void repeat(Inst *inst, const Event *e, Addr next, Passed *passed) {
    Bool begins = repeating != inst->pc;
    if (begins) {
        range(inst, 0, 2, e, passed);
        micro_branch(inst, passed, now_, !e->iterated);
        if (e->iterated) range(inst, 2, inst->pre, e, passed);
    }
    if (e->iterated) {
        if (!begins) micro_branch(inst, passed, now_, True);
        range(inst, inst->pre, inst->pre + inst->body, e, passed);
    }
    repeating = next == inst->pc ? inst->pc : 0;
    if (!repeating) {
        if (!begins || e->iterated) micro_branch(inst, passed, now_, False);
        range(inst, inst->pre + inst->body, inst->nuops, e, passed);
    }
}

static void branch(Inst *inst, const Passed *passed, Addr next) {
    Addr fallthrough = inst->pc + inst->len;
    Bool taken = inst->kind != K_COND || next == inst->target;
    if (inst->target == fallthrough && inst->kind == K_COND) taken = False;
    Prediction p = predict(inst->pc, inst->kind, inst->target, fallthrough, now_, False);
    Bool right = p.target == next && p.taken == taken;
    resolve(next, taken, !right, passed->committed);
    if (right) {
        if (taken && next >> 4 == block >> 4) next_cycle();
        return;
    }
    Bool direct = inst->kind == K_COND || inst->kind == K_JUMP || inst->kind == K_CALL;
    if (direct && (inst->kind != K_COND || p.taken) && p.target != inst->target) {
        statistics.decode_redirects++;
        mispredicted(p.target, passed->decoded + 1, passed->decoded + DECODE_RESTART, TARGET);
        if (taken || inst->kind != K_COND) return;
    }
    statistics.mispredictions++;
    mispredicted(p.target, passed->executed + COMMIT_RESTART - 1, passed->executed + COMMIT_RESTART, BRANCH);
}

void execute(Inst *inst, const Event *e, Addr next) {
    static Passed passed; /* a repeated instruction needs that of its step before */
    if (inst->loop != L_REPEAT || repeating != inst->pc) {
        statistics.instructions += !(inst->uops[0].flags & U_TRAP);
        statistics.unknown += !inst->known;
        get_bytes(inst->pc, inst->len, forever);
    }
    successor = next;
    if (inst->loop == L_DIVIDE) divide(inst, e, &passed);
    else if (inst->loop == L_REPEAT) repeat(inst, e, next, &passed);
    else range(inst, 0, inst->nuops, e, &passed);
    if (inst->kind != K_PLAIN && next) branch(inst, &passed, next);
    else if (jumped_in == now_) next_cycle();
}
