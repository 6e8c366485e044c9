/* What each line of a Python program costs (--lines=...), seen from outside.
 *
 * The interpreter notes in each frame which instruction it executes. So at each block of its loop it is looked up where
 * the program is, and what was counted since the look before belongs to the line that was being executed then. Nothing
 * is added to the program: it costs what it costs without, and cannot know, hinder or forge it, but by overwriting the
 * interpreter's own memory, which is read with care.
 *
 * A line has the cost of what it calls, as line_profiler has it, and a hit where sys.settrace would have a `line` event.
 * Of a function that calls itself the innermost call's line has the cost: so each moment counts once in each function,
 * and a function's lines add up to what was spent in it. Frames and code objects are those of CPython 3.11. */
#include "lines.h"
#include "code_objects.h"
#include "memory.h"
#include "model.h"
#include "threads.h"
#include "pub_tool_guest.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"

/* Offsets within CPython 3.11's structures (test_lines_offsets.py compares them with its headers). */
enum {
    STATE_CFRAME = 56,
    CFRAME_FRAME = 8,
    FRAME_CODE = 32,
    FRAME_PREVIOUS = 48,
    FRAME_INSTRUCTION = 56,
    OPCODE_RERAISE = 119,
    OPCODE_SEND = 123,
};
enum { MOST_TOLD = 8192, SLOTS = 4096, A_LINE = 16 };

typedef struct {
    Addr frame;
    Code *code;
    Int line, unit; /* 0 and -2 before the first */
    Int outer;      /* place of the next outer call of the same code */
    Int below;      /* and of any code of the program's own */
    ULong since;    /* what was counted when its line had last been given something */
    ULong held;     /* pages in use then */
} Call;

/* One of the program's threads. */
typedef struct Thread {
    UInt number;
    Addr state;
    Call *calls;
    Int depth, room;
    Int own;     /* place of the innermost call of the program's own code; -1: none */
    ULong alone; /* what was counted when its line had last been given something that is its alone */
    ULong left;  /* what was counted when another came to run */
    Code *slots[SLOTS];
    Code *codes;
    struct Thread *next;
} Thread;

Bool lines_wanted;
static Addr loop, loop_ends;
static HChar loaded_as[128]; /* the file that holds the loop, as long as it is not known where it was loaded */
static Bool begun;
static Thread *threads, *now;
static Addr last_frame, last_instruction;
/* At the head of the last block of the loop: what was counted, and pages in use. What a block does belongs to where it
 * has gone, with all that it calls. */
static ULong before, pages_before;

Bool lines_option(const HChar *text) {
    HChar *rest;
    loop = VG_(strtoull16)(text, &rest);
    if (*rest++ != ',') return False;
    loop_ends = loop + VG_(strtoull16)(rest, &rest);
    if (*rest == ',') VG_(strncpy)(loaded_as, rest + 1, sizeof loaded_as - 1);
    else if (*rest) return False;
    return lines_wanted = True;
}

/* Looks whether the file that holds the loop has been loaded, and where. */
static void find_loaded(void) {
    enum { MOST = 512 };
    static Addr starts[MOST];
    Int count = VG_(am_get_segment_starts)(SkFileC, starts, MOST);
    for (Int i = 0; i < count; i++) {
        const NSegment *s = VG_(am_find_nsegment)(starts[i]);
        const HChar *name = s && s->offset == 0 ? VG_(am_get_filename)(s) : NULL;
        if (!name) continue;
        const HChar *base = VG_(strrchr)(name, '/');
        if (VG_(strcmp)(base ? base + 1 : name, loaded_as) != 0) continue;
        loop += s->start;
        loop_ends += s->start;
        loaded_as[0] = 0;
        return;
    }
}

Bool lines_interpret(Addr block) {
    if (!lines_wanted) return False;
    if (loaded_as[0]) find_loaded();
    return !loaded_as[0] && loop <= block && block < loop_ends;
}

static Code *code_at(Addr at) {
    enum { MOST_OWN = 1 << 12, MOST_ROOM = 1 << 23 };
    static UInt owned, held; /* of the program's: how many, and what they take up */
    Code **slot = &now->slots[at >> 4 & SLOTS - 1], *gone = NULL;
    for (Code *c = *slot; c; c = c->next) {
        if (code_is(c, at)) return c;
        if (c->at == at && !c->own) gone = c;
    }
    Bool own = owned < MOST_OWN && held < MOST_ROOM && code_is_own(at);
    owned += own;
    Code *c = gone && !own ? gone : VG_(calloc)("code", 1, sizeof *c);
    if (c != gone) {
        c->next = *slot;
        c->older = now->codes;
        *slot = now->codes = c;
    }
    read_code(c, at, own);
    if (own) held += c->units + c->high - c->low;
    return c;
}

/* ---- what costs ------------------------------------------------------------------------------------- */

static void give(Call *call, ULong done) {
    if (!call->line) return;
    Line *line = &call->code->lines[call->line - call->code->low];
    ULong pages = pages_before;
    line->cost += done - call->since;
    line->grown += pages - call->held;
    if (pages > line->highest) line->highest = pages;
    call->since = done;
    call->held = pages;
}

/* What has been counted since this was last asked is the innermost line's alone. */
static void give_alone(ULong done) {
    Call *call = now->own < 0 ? NULL : &now->calls[now->own];
    if (call && !call->line) return; /* it is its first line's */
    if (call) call->code->lines[call->line - call->code->low].alone += done - now->alone;
    now->alone = done;
}

static void leave(ULong done) {
    Call *call = &now->calls[--now->depth];
    if (!call->code->own) return;
    give_alone(done);
    give(call, done);
    now->own = call->below;
    now->alone = done;
    call->code->innermost = call->outer;
    if (call->outer < 0) return;
    now->calls[call->outer].since = done;
    now->calls[call->outer].held = call->held;
}

static void come(Addr frame, Code *code, ULong done) {
    if (now->depth == now->room) {
        now->room = now->room * 2 + 64;
        now->calls = VG_(realloc)("calls", now->calls, now->room * sizeof *now->calls);
    }
    if (code->own && !code->entered) code->entered = pages_before;
    if (code->innermost >= 0) give(&now->calls[code->innermost], done);
    now->calls[now->depth] = (Call){frame, code, 0, -2, code->innermost, now->own, done, pages_before};
    if (code->own) {
        give_alone(done);
        now->own = code->innermost = now->depth;
        now->alone = done;
    }
    now->depth++;
}

/* The call under way is now that of another frame: a call, a return, or several of them. */
static Call *move(Addr frame, Addr at, ULong done) {
    Code *code = code_at(at);
    Addr previous = word_at(frame + FRAME_PREVIOUS);
    Call *calls = now->calls;
    Int depth = now->depth;
    if (!(depth && calls[depth - 1].frame == previous)) {
        /* A return: to where it lies; or a call from outside, whose caller is to be found. */
        Int back = depth - 1, caller = -1;
        for (; back >= 0; back--) {
            if (calls[back].frame == frame && calls[back].code == code) break;
            if (calls[back].frame == previous) {
                caller = back;
                break;
            }
        }
        Int kept = caller >= 0 ? caller + 1 : back + 1;
        while (now->depth > kept) leave(done);
        if (back >= 0 && caller < 0) return &calls[back];
    }
    come(frame, code, done);
    return &now->calls[now->depth - 1];
}

static UChar opcode_at(const Code *code, Int unit) {
    Addr at = code->at + CODE_BYTES + 2 * unit;
    return all_readable(at, 1) ? *(const UChar *)at : 0;
}

static void step(Call *call, Addr instruction, ULong done) {
    Code *code = call->code;
    if (!code->own) return;
    Int unit = (Long)(instruction - (code->at + CODE_BYTES)) >> 1;
    if (unit <= code->traceable) { /* what comes before its first line */
        if (call->unit > code->traceable) { /* called anew, by what is not Python */
            give_alone(done);
            give(call, done);
            call->line = 0;
        }
        call->unit = -1;
        return;
    }
    if (unit >= (Int)code->units) return;
    Int line = code->line_of[unit];
    Bool back = unit < call->unit && opcode_at(code, unit) != OPCODE_SEND;
    /* An error that is raised again goes back to where it came from: nothing is executed there. */
    if (back && opcode_at(code, call->unit) == OPCODE_RERAISE) line = 0;
    if (line && (line != call->line || back)) {
        give_alone(done);
        give(call, done);
        if (call->unit != -2) code->lines[line - code->low].hits++; /* else: a generator goes on in it */
        call->line = line;
    }
    call->unit = unit;
}

static Thread *thread_of(UInt number) {
    for (Thread *t = threads; t; t = t->next)
        if (t->number == number) return t;
    Thread *t = VG_(calloc)("thread", 1, sizeof *t);
    t->number = number;
    t->own = -1;
    t->next = threads;
    return threads = t;
}

/* What passes while another thread runs is not what a line costs. */
static void change_thread(UInt number, ULong done) {
    if (now) now->left = done;
    now = thread_of(number);
    for (Int i = 0; i < now->depth; i++) now->calls[i].since += done - now->left;
    now->alone += done - now->left;
}

void lines_look(ULong done) {
    if (begun) {
        UInt number = thread_number();
        if (now->number != number) {
            change_thread(number, before);
            last_frame = 0;
        }
        Addr frame = word_at(word_at(now->state + STATE_CFRAME) + CFRAME_FRAME);
        if (all_readable(frame, FRAME_INSTRUCTION + sizeof(Addr))) {
            Addr instruction = *(const Addr *)(frame + FRAME_INSTRUCTION);
            if (frame != last_frame || instruction != last_instruction) {
                Addr code = *(const Addr *)(frame + FRAME_CODE);
                Call *call = now->depth ? &now->calls[now->depth - 1] : NULL;
                if (!call || call->frame != frame || call->code->at != code) call = move(frame, code, before);
                step(call, instruction, before);
                last_frame = frame;
                last_instruction = instruction;
            }
        }
        pages_before = memory_pages();
    }
    before = done;
}

/* The interpreter's loop is entered: its first argument is the state of the thread. */
static VG_REGPARM(1) void enter_loop(HWord state) {
    UInt number = thread_number();
    (now && now->number == number ? now : thread_of(number))->state = state;
}

void lines_instrument(IRSB *out, Addr block, const VexGuestLayout *layout) {
    if (block != loop) return;
    IRTemp state = newIRTemp(out->tyenv, Ity_I64);
    addStmtToIRSB(out, IRStmt_WrTmp(state, IRExpr_Get(offsetof(VexGuestArchState, guest_RDI), Ity_I64)));
    IRExpr **arguments = mkIRExprVec_1(IRExpr_RdTmp(state));
    addStmtToIRSB(out, IRStmt_Dirty(unsafeIRDirty_0_N(1, "enter_loop", VG_(fnptr_to_fnentry)(&enter_loop), arguments)));
}

static VG_REGPARM(1) void touches(HWord page) { memory_touches(page); }

static IRExpr *computed(IRSB *out, IRType type, IRExpr *e) {
    IRTemp t = newIRTemp(out->tyenv, type);
    addStmtToIRSB(out, IRStmt_WrTmp(t, e));
    return IRExpr_RdTmp(t);
}

void lines_store(IRSB *out, IRExpr *address) {
    enum { PAGE_BITS = 12, WORD_BITS = 3 };
    IRExpr *page = computed(out, Ity_I64, IRExpr_Binop(Iop_Shr64, address, IRExpr_Const(IRConst_U8(PAGE_BITS))));
    IRExpr *place = computed(out, Ity_I64, IRExpr_Binop(Iop_And64, page, mkIRExpr_HWord(TOUCHED - 1)));
    place = computed(out, Ity_I64, IRExpr_Binop(Iop_Shl64, place, IRExpr_Const(IRConst_U8(WORD_BITS))));
    place = computed(out, Ity_I64, IRExpr_Binop(Iop_Add64, place, mkIRExpr_HWord((HWord)memory_touched)));
    IRExpr *known = computed(out, Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, place));
    IRExpr **arguments = mkIRExprVec_1(page);
    IRDirty *call = unsafeIRDirty_0_N(1, "touches", VG_(fnptr_to_fnentry)(&touches), arguments);
    call->guard = computed(out, Ity_I1, IRExpr_Binop(Iop_CmpNE64, known, page));
    addStmtToIRSB(out, IRStmt_Dirty(call));
}

void lines_begin(ULong done) {
    if (!lines_wanted) return;
    now = thread_of(thread_number());
    before = done;
    pages_before = memory_pages();
    begun = True;
}

/* ---- what is told ----------------------------------------------------------------------------------- */

static void tell(const Code *c, UInt *left) {
    enum { LONGEST = 120, PAGE = 4096 };
    HChar text[A_LINE * LONGEST];
    UInt count = 0, at = 0;
    for (Int line = c->low; line <= c->high && *left; line++) {
        const Line *l = &c->lines[line - c->low];
        if (l->hits || l->cost) {
            at += VG_(sprintf)(text + at, " %d,%llu,%llu,%llu,%llu,%lld", line, l->hits, l->cost, l->alone,
                               l->highest * PAGE, l->grown * PAGE);
            count++;
            --*left;
        }
        if (at && (count == A_LINE || line == c->high || !*left)) {
            VG_(umsg)("PIE-LINES %d %d %llu %s%s\n", c->first_line, c->high, c->entered * PAGE,
                      c->name[0] ? c->name : "?", text);
            count = at = 0;
        }
    }
}

void lines_end(ULong done) {
    if (!begun) return;
    begun = False;
    pages_before = memory_pages();
    UInt left = MOST_TOLD;
    Thread *last = now;
    for (now = threads; now; now = now->next) {
        while (now->depth) leave(now == last ? done : now->left);
        for (const Code *c = now->codes; c; c = c->older)
            if (c->own && c->function) tell(c, &left);
    }
    if (!left) VG_(umsg)("PIE-LINES-CUT\n");
}

void lines_cut(void) { lines_end(before); }
