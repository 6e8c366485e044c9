/* Fetch: a buffer of 16 bytes behind the instruction cache, and the branch predictor that leads it.
 *
 * The buffer is asked for anew whenever fetch leaves it, so 16 bytes cost four cycles and a taken branch as
 * much: this bounds the whole machine. What is fetched waits to be passed (waiting.c); a wrong prediction is walked
 * along (wrong_path.c) until its branch has executed. */
#include "front_end.h"
#include "memo.h"

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
    Cycle there = __builtin_expect(tracing, 0) ? traced_fetch(wanted, now_)
                                               : cache_access(INSTRUCTION, wanted, False, now_);
    Cycle limit = wandering ? squash_before(there) : forever;
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
    if (tracing ? traced_inner_branch(inst, taken, now_, last.committed)
                : inner_branch(inst, taken, now_, last.committed)) {
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

static __attribute__((noinline)) void range(Inst *inst, UInt from, UInt to) {
    if (inst->straight) {
        fetch_operations(inst, from, to);
        return;
    }
    for (UInt i = from; i < to; i++) {
        const Uop *u = &inst->uops[i];
        fetch_operations(inst, i, i + 1);
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

UInt division_steps(const Inst *inst, ULong q) {
    if (inst->size < 8) q = inst->is_signed ? (ULong)(Long)(Int)q : (UInt)q;
    if (inst->is_signed && q >> 63) q = -q;
    UInt steps = ones(q) + !(q & 1), each = inst->body - 1;
    return steps > 2 + each ? (steps - 2 + each - 1) / each : 1;
}

static void divide(Inst *inst, const Event *e) {
    UInt steps = division_steps(inst, e->quotient);
    if (tracing) steps = traced_steps(steps);
    range(inst, 0, inst->pre);
    do {
        range(inst, inst->pre, inst->pre + inst->body);
        micro_branch(inst, --steps != 0);
    } while (steps);
    range(inst, inst->pre + inst->body, inst->nuops);
}

/* A repeated string instruction comes once for each of its steps. */
static Addr repeating;

static void repeat(Inst *inst, const Event *e, Addr next) {
    Bool begins = repeating != inst->pc;
    if (begins) {
        range(inst, 0, 2);
        micro_branch(inst, !e->iterated);
        if (e->iterated) range(inst, 2, inst->pre);
    }
    if (e->iterated) {
        if (!begins) micro_branch(inst, True);
        range(inst, inst->pre, inst->pre + inst->body);
    }
    repeating = next == inst->pc ? inst->pc : 0;
    if (!repeating) {
        if (!begins || e->iterated) micro_branch(inst, False);
        range(inst, inst->pre + inst->body, inst->nuops);
    }
}

static void gather(Inst *inst, const Event *e) {
    range(inst, 0, inst->pre);
    for (UInt i = 0; i < inst->body; i++) {
        note_access(e->loads ? e->loads[i] : e->load, 0);
        range(inst, inst->pre + i, inst->pre + i + 1);
    }
    note_access(e->load, e->store);
    range(inst, inst->pre + inst->body, inst->nuops);
}

Bool is_taken(const Inst *inst, Addr next) {
    return inst->kind != K_COND || (next == inst->target && inst->target != inst->pc + inst->len);
}

static void branch(Inst *inst, Addr next) {
    Bool taken = is_taken(inst, next);
    Prediction p;
    UInt name;
    catch_up(now_);
    if (tracing ? traced_branch(inst, next, taken, now_, &p, &name)
                : predicted_right(inst, next, taken, now_, &p, &name)) {
        resolves_then(name, taken && next >> 4 == block >> 4);
        if (taken) end_fetch_cycle(next);
    } else {
        goes_wrong(inst, next, taken, p);
    }
}

void goes_wrong(Inst *inst, Addr next, Bool taken, Prediction p) {
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
    if (inst->accesses) note_access(load, store);
    fetch_operations(inst, 0, inst->nuops);
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
    if (inst->accesses) note_access(e->load, e->store);
    if (inst->loop == L_DIVIDE) divide(inst, e);
    else if (inst->loop == L_REPEAT) repeat(inst, e, next);
    else if (inst->loop == L_GATHER) gather(inst, e);
    else range(inst, 0, inst->nuops);
    if (inst->kind != K_PLAIN && next) branch(inst, next);
    else if (jumped_in == now_) next_cycle();
    if (!next) pass_all();
}

/* ---- the state, relative to time (memo.h) ---------------------------------------------------------- */

UInt *front_end_note(UInt *w, Moments m) {
    if (repeating || now_ - m.floor >> 24) return NULL;
    *w++ = (UInt)block;
    *w++ = (UInt)(block >> 32);
    *w++ = (UInt)(now_ - m.floor) << 4 | in_this_cycle << 1 | block_here;
    return w;
}

const UInt *front_end_recall(const UInt *w, Moments m) {
    block = w[0] | (Addr)w[1] << 32;
    block_here = w[2] & 1;
    in_this_cycle = w[2] >> 1 & 7;
    jumped_in = ~0ULL; /* the cycle has ended with its instruction */
    return w + 3;
}
