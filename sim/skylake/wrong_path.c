/* The wrong path: what fetch brings after a wrong prediction, and what comes of it, until the squash.
 *
 * Its operations wait and begin as those of the right path do, but leave no trace there (ghost_pass); their values
 * are followed as far as emulate.c knows them. So loads bring lines, and branches that execute before the squash
 * are found out, too: fetch then leaves one wrong path for another. */
#include "front_end.h"
#include "emulate.h"
#include "ghosts.h"
#include "pub_tool_libcbase.h"

enum { MOST_FETCHED = 400, BRANCHES = 64, TURNS = GHOST_STATES, STORES = 16,
       WAITING = 64, DECODED = CORE_FETCH_TO_DECODE_DELAY };

/* Operations that are fetched and not passed; a place is a count of them. */
typedef struct {
    const Uop *uop;
    Inst *inst;
    Cycle fetched;
} Waiting;
static Waiting waiting[WAITING];
static UInt oldest, youngest; /* [oldest, youngest) */

/* A branch that was fetched on the wrong path and has not executed. */
typedef struct {
    Addr predicted;
    UInt place; /* of what follows it */
    Pending pending;
} Branch;

/* A branch that has executed and was predicted wrongly: fetch turns. The youngest comes first. */
typedef struct {
    Cycle at;
    Addr target;
    Branch branch;
    UInt branches;
    Bool taken, decodes; /* it is decode that has found a target wrong */
    Registers registers;
} Turn;

Bool wandering;
Cycle nothing_before, known_end;
static Bool begun, late, behind_call;
static Cycle stop, decoded;
static Registers registers;
static Emulated access;
static Bool accessed;
static Branch branches[BRANCHES];
static UInt first_branch, last_branch;
static Turn turns[TURNS];
static UInt turning;
static struct {
    Addr first, end;
} stored[STORES];
static UInt stores;

/* When this path ends, as far as it is known: in a turn, or for good. */
static Cycle next_turn(void) { return turning && turns[turning - 1].at < stop ? turns[turning - 1].at : stop; }

/* When an operation is squashed, as far as it is known: only branches before it turn it away. */
static Cycle squashed(UInt place) {
    Cycle end = stop;
    for (UInt i = 0; i < turning; i++)
        if ((Int)(place - turns[i].branch.place) >= 0 && turns[i].at - 1 < end) end = turns[i].at - 1;
    return end;
}

/* Whether a store of this path has written there; not those of unknown addresses. */
static Bool stored_here(Addr address, UInt size) {
    for (UInt i = 0; i < STORES && i < stores; i++) {
        if (stored[i].end > address && stored[i].first < address + size) return True;
    }
    return False;
}

static void load(const Inst *inst, const Uop *u, Cycle executed, Cycle end) {
    UInt size = inst->effect.bytes;
    if (accessed || !access.loads) return;
    accessed = True;
    if (executed >= end || !can_read(access.address, size)) return;
    if (stored_here(access.address, size)) return;
    Bool covered = store_covers(access.address, size, executed);
    ghost_done(u, covered ? executed + 1 : cache_access(DATA, access.address, False, executed));
    emulate_load(inst, &access, &registers);
}

/* A branch has executed. */
static void executes(const Inst *inst, Cycle executed, Cycle end) {
    if (first_branch == last_branch) return;
    const Branch *b = &branches[first_branch++ % BRANCHES];
    Addr actual = emulate_branch(inst, &registers);
    Cycle again = executed + COMMIT_RESTART;
    if (!actual || actual == b->predicted || again > end || turning == TURNS) return;
    ghosts_save(turning);
    turns[turning++] = (Turn){again, actual, *b, first_branch, actual == inst->target, False, registers};
}

static void begin(void) {
    begun = True;
    ghosts_begin();
    registers_now(&registers, behind_call);
}

static inline __attribute__((always_inline)) void pass_oldest(void) {
    const Waiting *w = &waiting[oldest % WAITING];
    UInt place = oldest++;
    Inst *inst = w->inst;
    const Uop *u = w->uop;
    Cycle executed = ghost_pass(u, w->fetched, &decoded);
    late = decoded > w->fetched + DECODED;
    Cycle end = squashed(place);
    if (u == inst->uops) {
        emulate(inst, &registers, &access);
        accessed = False;
    }
    if (u->cls == LOAD) load(inst, u, executed, end);
    if (u->cls == STORE && executed - 1 < end) {
        store_squashed(inst->pc);
        Bool pushes = inst->effect.pushes;
        Addr address = pushes ? registers.value[4] : access.address + u->offset;
        UInt size = u->size ? u->size : 8;
        if (pushes || access.address) stored[stores++ % STORES] = (typeof(stored[0])){address, address + size};
    }
    if (inst->kind != K_PLAIN && u == &inst->uops[inst->nuops - 1]) executes(inst, executed, end);
}

/* All of the right path has been passed, so the branch has executed: an operation that waits for ever, as behind one
 * that must be the oldest, is squashed and asks for nothing. */
static void stop_is_known(void) {
    if (stop == forever) stop = last_executed() + COMMIT_RESTART - 1;
}

/* Passes what can begin by `now`, and no more than `most`. */
static __attribute__((noinline, noclone)) void pass_waiting(Cycle now, UInt most) {
    for (; most && oldest != youngest && waiting[oldest % WAITING].fetched + FETCH_TO_EXECUTE <= now; most--) {
        if (!begun) begin();
        stop_is_known();
        pass_oldest();
    }
}

/* All that waits, of both paths. */
static Bool catch_up_both(Cycle now) {
    if (!catch_up(now)) return False;
    if (oldest != youngest && waiting[oldest % WAITING].fetched + FETCH_TO_EXECUTE <= now) pass_waiting(now, ~0u);
    return True;
}

/* Something has been passed, or fetch has turned. */
static void look_again(void) { nothing_before = 0; }

Cycle squash_after_passing(Cycle now) {
    if (catch_up_both(now)) stop_is_known();
    nothing_before = waiting_until();
    if (nothing_before == forever && oldest != youngest)
        nothing_before = waiting[oldest % WAITING].fetched + FETCH_TO_EXECUTE;
    known_end = turning && turns[turning - 1].at - 1 < stop ? turns[turning - 1].at - 1 : stop;
    return known_end;
}

static void fetch(Inst *inst) {
    if (nothing_before == forever) look_again();
    for (UInt i = 0; i < inst->nuops; i++) {
        UInt ahead = waiting_ahead() + (youngest - oldest);
        if (__builtin_expect(ahead >= MOST_WAITING, 0)) {
            make_room(youngest - oldest);
            if (waiting_ahead() + (youngest - oldest) >= MOST_WAITING) pass_waiting(forever, 1);
            look_again();
            ahead = waiting_ahead() + (youngest - oldest);
        }
        Waiting *w = &waiting[youngest++ % WAITING];
        w->uop = &inst->uops[i];
        w->inst = inst;
        w->fetched = fetch_one(ghosts_room(ahead));
    }
}

/* How many of those that wait, from this place on, rename has taken by a cycle if it is not behind. */
static UInt renamed_from(UInt place, Cycle by) {
    enum { TO_RENAME = 4 };
    UInt n = 0;
    for (UInt i = (Int)(place - oldest) > 0 ? place : oldest; i != youngest; i++)
        n += waiting[i % WAITING].fetched + TO_RENAME <= by;
    return n;
}

/* Forgets those that wait from a place on. */
static void drop_from(UInt place) { youngest = place - oldest < WAITING ? place : oldest; }

/* When decode sees the operation fetched last. */
static Cycle seen_by_decode(void) {
    if (!late && !decode_late() && !(begun && ghosts_late(fetch_now()))) return fetch_now() + DECODED;
    catch_up_both(forever);
    look_again();
    return begun ? decoded : fetch_now() + DECODED;
}

/* Predicts a branch of this path and returns where fetch goes on. */
static Addr goes_to(const Inst *inst) {
    Addr next = inst->pc + inst->len;
    Branch *b = &branches[last_branch++ % BRANCHES];
    Prediction p = predict(inst->pc, inst->kind, inst->target, next, fetch_now(), &b->pending);
    b->predicted = p.target;
    b->place = youngest;
    Bool direct = inst->kind == K_JUMP || inst->kind == K_CALL || inst->kind == K_COND;
    if (p.taken && (!direct || p.target == inst->target)) {
        end_fetch_cycle(p.target);
        return p.target;
    }
    if (!direct || (inst->kind == K_COND && !p.taken)) return p.target;
    /* Decode finds out that the target was not known; until then fetch goes on behind the branch. */
    Cycle again = seen_by_decode() + DECODE_RESTART;
    b->predicted = inst->target;
    if (again < next_turn() && turning < TURNS) {
        ghosts_save(turning);
        turns[turning++] = (Turn){again, inst->target, *b, last_branch, True, True, registers};
        look_again();
    }
    return p.target;
}

/* Takes the next turn, if one comes before the end; returns where to, or 0. */
static Addr turn(void) {
    if (!turning || turns[turning - 1].at > stop) return 0;
    Turn *t = &turns[--turning];
    look_again();
    if (!t->decodes || late) {
        ghosts_load(turning, late ? 0 : renamed_from(t->branch.place, t->at - 3), t->at);
        registers = t->registers;
    }
    if (!t->decodes) first_branch = t->branches;
    drop_from(t->branch.place);
    last_branch = t->branches;
    if ((Int)(last_branch - first_branch) < 0) first_branch = last_branch;
    late = False;
    statistics.mispredictions += !t->decodes;
    history_correct(&t->branch.pending, t->target, t->taken);
    restart(t->at);
    return t->target;
}

UInt wander(Addr pc, Cycle until, Bool call) {
    UInt fetched = 0;
    Inst *before = NULL; /* the instruction that `pc` lies behind */
    history_save();
    wandering = True;
    begun = late = False;
    look_again();
    behind_call = call;
    stop = until;
    turning = first_branch = last_branch = stores = oldest = youngest = 0;
    for (;;) {
        Cycle now = fetch_now();
        const ULong replays = statistics.replays;
        Bool asked = now < squash_before(now);
        if (!asked) {
            pc = turn();
            if (!pc) break;
            before = NULL;
        }
        Inst *inst = fetched >= MOST_FETCHED ? NULL : before ? instruction_behind(before) : instruction_at(pc);
        if (!inst) squash_before(forever); /* nothing is fetched any more */
        if (!inst || !get_bytes(pc, inst->len, asked && statistics.replays == replays)) {
            pc = turn();
            if (!pc) break;
            before = NULL;
            continue;
        }
        fetched += inst->nuops;
        fetch(inst);
        before = inst->kind == K_PLAIN ? inst : NULL;
        pc = before ? inst->pc + inst->len : goes_to(inst);
    }
    UInt renamed = (begun ? ghosts_left(stop + 1) : 0) + (late ? 0 : renamed_from(0, stop - 2));
    if (begun) ghosts_end();
    wandering = False;
    history_restore();
    return renamed;
}
