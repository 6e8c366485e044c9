/* Fetch: a buffer of 16 bytes behind the instruction cache, and the branch predictor that leads it.
 *
 * The buffer is asked for anew whenever fetch leaves it, so 16 bytes cost four cycles and a taken branch as
 * much: this bounds the whole machine. What is fetched waits to be passed (waiting.c); a wrong prediction is walked
 * along (wrong_path.c) until its branch has executed. */
#include "front_end.h"

enum { BLOCK = CORE_FETCH_BUFFER_SIZE, HIT = FIRST_HIT, DECODED = CORE_FETCH_TO_DECODE_DELAY };

Cycle now_;
UInt in_this_cycle;
static Addr block;      /* the block in the buffer, or on its way */
static Bool block_here; /* it has arrived */

void front_end_init(void) {
    block = ~0UL;
    block_here = False;
}

const Cycle forever = ~0ULL;

Cycle fetch_now(void) { return now_; }

void end_fetch_cycle(Addr next) {
    if (next >> 4 == block >> 4) next_cycle();
}

static Bool need_block(Addr wanted) {
    return !(block_here && block == wanted);
}

/* Asks for a block in this cycle; fetch goes on when it is there. False if a squash comes first. `asked`: on a wrong
 * path all that can begin by now was passed, and the squash is later. (What is fetched again changes the cycle, so
 * that it must be asked again.) */
static Bool ask(Addr wanted, Bool asked) {
    if (!wandering) catch_up(now_);
    else if (!asked) squash_before(now_);
    Cycle there = cache_access(INSTRUCTION, wanted, False, now_), limit = wandering ? squash_before(there) : forever;
    block = wanted;
    block_here = there < limit;
    if (!block_here) return False;
    if (limit == forever && there > now_ + HIT) lose(CODE, there - now_ - HIT);
    advance_to(there);
    return True;
}

static __attribute__((noinline)) Bool get_blocks(Addr pc, UInt length, Bool asked) {
    Addr first = pc & ~(Addr)(BLOCK - 1), last_block = (pc + length - 1) & ~(Addr)(BLOCK - 1);
    const ULong replays = statistics.replays;
    if (need_block(first)) {
        if (!ask(first, asked)) return False;
        asked = statistics.replays == replays;
    }
    for (Addr b = first + BLOCK; b <= last_block; b += BLOCK) {
        if (in_this_cycle == CORE_FETCH_WIDTH) {
            next_cycle();
            asked = False;
        }
        if (wandering && !asked && now_ >= squash_before(now_)) return False;
        if (!ask(b, asked || statistics.replays == replays)) return False;
        asked = statistics.replays == replays;
    }
    return !wandering || asked || now_ < squash_before(now_);
}

static inline Bool inside(Addr pc, UInt length) {
    return block_here && (pc ^ block) < BLOCK && ((pc + length - 1) ^ block) < BLOCK;
}

Bool get_bytes(Addr pc, UInt length, Bool asked) {
    if (!inside(pc, length)) return get_blocks(pc, length, asked);
    return asked || !wandering || now_ < squash_before(now_);
}

/* Fetch sees a squash in cycle `at` and works again in the next. */
void restart(Cycle at) {
    if (!block_here) block = ~0UL;
    now_ = at;
    in_this_cycle = 0;
}

Cycle last_executed(void) { return last.executed; }

Cycle fetch_one(Cycle room) {
    advance_to(room);
    place_operation();
    return now_;
}

Cycle decoded_at(void) {
    if (!decode_late()) return now_ + DECODED;
    pass_all();
    return last.decoded;
}

static Addr successor; /* of the instruction under way; 0 at the end of the program */

/* ---- the right path ------------------------------------------------------------------------------- */

/* A branch inside micro-code: predicted like any other under the address of its instruction. */
static Cycle jumped_in = ~0ULL;

static void micro_branch(Inst *inst, Bool taken) {
    pass_all();
    Prediction p = predict(inst->pc, K_COND, inst->pc, inst->pc, now_, NULL);
    Bool wrong = p.taken != taken;
    branch_commits(resolve(inst->pc, taken, wrong), last.committed);
    if (wrong) {
        statistics.mispredictions++;
        Cycle again = last.executed + COMMIT_RESTART;
        lose(inst->loop == L_DIVIDE ? DIVISION : BRANCH, again > now_ ? again - now_ : 0);
        restart(again);
    } else if (taken) {
        jumped_in = now_; /* this cycle's fetch ends with the instruction */
    }
}

/* A system call restarts fetch when it commits; until then fetch has gone on behind it. */
static void system_call(const Inst *inst) {
    pass_all();
    Cycle again = last.restart;
    statistics.syscalls++;
    lose(SERIAL, again > now_ ? again - now_ : 0);
    if (successor) squash(wander(inst->pc + inst->len, again - 1, True));
    restart(again);
}

static __attribute__((noinline)) void range(Inst *inst, UInt from, UInt to, const Event *e) {
    if (inst->straight) {
        fetch_operations(inst, from, to, e->load, e->store);
        return;
    }
    for (UInt i = from; i < to; i++) {
        const Uop *u = &inst->uops[i];
        fetch_operations(inst, i, i + 1, e->load, e->store);
        if (u->flags & U_BRANCH && i + 1 < inst->nuops && inst->loop == L_NONE)
            micro_branch(inst, (u->flags & U_TAKEN) != 0);
        if (u->flags & U_TRAP) system_call(inst);
    }
}

static UInt ones(ULong x) {
    UInt n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

static void divide(Inst *inst, const Event *e) {
    ULong q = e->quotient;
    if (inst->size < 8) q = inst->is_signed ? (ULong)(Long)(Int)q : (UInt)q;
    if (inst->is_signed && q >> 63) q = -q;
    UInt steps = ones(q) + !(q & 1), done = 2;
    range(inst, 0, inst->pre, e);
    UInt each = inst->body - 1;
    do {
        range(inst, inst->pre, inst->pre + inst->body, e);
        done += each;
        micro_branch(inst, done < steps);
    } while (done < steps);
    range(inst, inst->pre + inst->body, inst->nuops, e);
}

/* A repeated string instruction comes once for each of its steps. */
static Addr repeating;

static void repeat(Inst *inst, const Event *e, Addr next) {
    Bool begins = repeating != inst->pc;
    if (begins) {
        range(inst, 0, 2, e);
        micro_branch(inst, !e->iterated);
        if (e->iterated) range(inst, 2, inst->pre, e);
    }
    if (e->iterated) {
        if (!begins) micro_branch(inst, True);
        range(inst, inst->pre, inst->pre + inst->body, e);
    }
    repeating = next == inst->pc ? inst->pc : 0;
    if (!repeating) {
        if (!begins || e->iterated) micro_branch(inst, False);
        range(inst, inst->pre + inst->body, inst->nuops, e);
    }
}

static void gather(Inst *inst, const Event *e) {
    range(inst, 0, inst->pre, e);
    for (UInt i = 0; i < inst->body; i++) {
        Event element = {.load = e->loads ? e->loads[i] : e->load};
        range(inst, inst->pre + i, inst->pre + i + 1, &element);
    }
    range(inst, inst->pre + inst->body, inst->nuops, e);
}

static void branch(Inst *inst, Addr next) {
    Addr fallthrough = inst->pc + inst->len;
    Bool taken = inst->kind != K_COND || next == inst->target;
    if (inst->target == fallthrough && inst->kind == K_COND) taken = False;
    catch_up(now_);
    Prediction p = predict(inst->pc, inst->kind, inst->target, fallthrough, now_, NULL);
    if (p.target == next && p.taken == taken) {
        resolves_then(resolve(next, taken, False), taken && next >> 4 == block >> 4);
        if (taken) end_fetch_cycle(next);
        return;
    }
    Bool direct = inst->kind == K_COND || inst->kind == K_JUMP || inst->kind == K_CALL;
    if (direct && (inst->kind != K_COND || p.taken) && p.target != inst->target) {
        statistics.decode_redirects++;
        Cycle decoded = decoded_at();
        lose(TARGET, decoded + DECODE_RESTART > now_ ? decoded + DECODE_RESTART - now_ : 0);
        wander(p.target, decoded + 1, False);
        restart(decoded + DECODE_RESTART);
        if (taken || inst->kind != K_COND) {
            resolves_then(resolve(next, taken, True), False);
            return;
        }
    }
    statistics.mispredictions++;
    Cycle from = now_;
    UInt dropped = wander(p.target, forever, False);
    pass_all();
    Cycle again = last.executed + COMMIT_RESTART;
    lose(BRANCH, again > from ? again - from : 0);
    squash(dropped);
    branch_commits(resolve(next, taken, True), last.committed);
    restart(again);
}

Bool executes_simply(const Inst *inst) {
    return inst->loop == L_NONE && inst->known && inst->straight;
}

void execute_simple(Inst *inst, Addr load, Addr store, Addr next) {
    statistics.instructions++;
    if (!inside(inst->pc, inst->len)) get_blocks(inst->pc, inst->len, False);
    fetch_operations(inst, 0, inst->nuops, load, store);
    if (inst->kind != K_PLAIN && next) branch(inst, next);
    else if (jumped_in == now_) next_cycle();
    if (!next) pass_all();
}

void execute(Inst *inst, const Event *e, Addr next) {
    if (inst->loop != L_REPEAT || repeating != inst->pc) {
        statistics.instructions += !(inst->uops[0].flags & U_TRAP);
        if (!inst->known) {
            statistics.unknown++;
            inst->executed_unknown++;
        }
        if (!inside(inst->pc, inst->len)) get_blocks(inst->pc, inst->len, False);
    }
    successor = next;
    if (inst->loop == L_DIVIDE) divide(inst, e);
    else if (inst->loop == L_REPEAT) repeat(inst, e, next);
    else if (inst->loop == L_GATHER) gather(inst, e);
    else range(inst, 0, inst->nuops, e);
    if (inst->kind != K_PLAIN && next) branch(inst, next);
    else if (jumped_in == now_) next_cycle();
    if (!next) pass_all();
}
