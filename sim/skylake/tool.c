/* The Valgrind tool: records what each block executes and passes it to the model, one block late.
 *
 * A block's addresses are stored by the translated code itself; at the next block's entry one call
 * passes the block before to the model, when it is known where it went. */
#include "model.h"
#include "pub_tool_tooliface.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_options.h"
#include "pub_tool_machine.h"
#include "blocks.h"
#include "allocations.h"
#include "answers.h"
#include "counting.h"
#include "executed.h"
#include "faults.h"
#include "forks.h"
#include "guard.h"
#include "lines.h"
#include "marks.h"
#include "memo.h"
#include "memory.h"
#include "moments.h"
#include "processor_id.h"
#include "threads.h"

Statistics statistics;
static Bool skipping; /* the model is to begin later: until then instructions are counted */
static ULong own_instructions, own_cycles; /* the budgets as they were given */
static ULong max_instructions, max_cycles, limit_stack, limit_memory, limit_file, limit_cpu;

/* The target has no signals. On a real processor one that is delivered takes a microsecond and more: the trap, some
 * kilobytes of registers written, and read again. A fault must not be a cheap way to jump, to test or to store them. */
enum { SIGNAL = 3500 };
static Cycle of_signals;

Cycle cycles_done(void) { return last_commit() + clearing_to_pay(last_commit()) + of_signals; }

/* What an interpreter had done when its program began (marks.c); nothing of what is no interpreter. */
static struct {
    Statistics statistics;
    ULong cycles, operations, slots[CAUSES];
} start;

/* What both modes tell besides. */
static const HChar *told_besides(void) {
    static HChar text[256];
    memory_ends();
    UInt length = VG_(sprintf)(text, ", \"memory_peak_bytes\": %llu, \"memory_page_cycles\": %llu", memory_peak(),
                               memory_over_time());
    if (own_part)
        VG_(sprintf)(text + length,
                     ", \"startup_cycles\": %llu, \"startup_instructions\": %llu, \"startup_memory_bytes\": %llu",
                     start.cycles, start.statistics.instructions, memory_at_start());
    return text;
}

static void summary(const HChar *ended) {
    enum { NUMBERS = sizeof(Statistics) / sizeof(ULong) };
    forks_tell_known();
    lines_end(cycles_done());
    if (allocations_wanted) allocations_end();
    memo_count();
    Statistics own = statistics;
    for (UInt i = 0; i < NUMBERS; i++) ((ULong *)&own)[i] -= ((const ULong *)&start.statistics)[i];
    const Statistics *s = &own;
    ULong t[CAUSES];
    const ULong *slots = top_down();
    for (UInt i = 0; i < CAUSES; i++) t[i] = slots[i] - start.slots[i];
    if (statistics.unknown) unknown_instructions();
    VG_(umsg)("PIE-SKYLAKE {\"ended\": \"%s\", \"cycles\": %llu, \"instructions\": %llu, "
              "\"micro_operations\": %llu, \"l1i_misses\": %llu, \"l1d_misses\": %llu, "
              "\"l2_misses\": %llu, \"l3_misses\": %llu, \"mispredictions\": %llu, "
              "\"decode_redirects\": %llu, \"replays\": %llu, \"loads\": %llu, \"stores\": %llu, "
              "\"system_calls\": %llu, \"row_hits\": %llu, \"l1i_accesses\": %llu, "
              "\"l1d_accesses\": %llu, \"unknown\": %llu, "
              "\"slots_retiring\": %llu, \"slots_fetch\": %llu, \"slots_code\": %llu, "
              "\"slots_target\": %llu, \"slots_branch\": %llu, \"slots_order\": %llu, "
              "\"slots_l1\": %llu, \"slots_l2\": %llu, \"slots_l3\": %llu, "
              "\"slots_memory\": %llu, \"slots_stores\": %llu, \"slots_chain\": %llu, "
              "\"slots_division\": %llu, \"slots_serial\": %llu, "
              "\"cleared_again\": %llu%s}\n",
              ended, cycles_done() - start.cycles, s->instructions,
              operations_passed() - start.operations - s->replays, s->l1i_misses, s->l1d_misses,
              s->l2_misses, s->l3_misses, s->mispredictions, s->decode_redirects, s->replays,
              s->loads, s->stores, s->syscalls, s->row_hits, s->l1i_accesses, s->l1d_accesses,
              s->unknown, t[RETIRING], t[FETCH], t[CODE], t[TARGET], t[BRANCH], t[ORDER], t[L1], t[L2],
              t[L3], t[MEMORY], t[WRITING], t[CHAIN], t[DIVISION], t[SERIAL], s->cleared_again,
              told_besides());
}

struct Attention attention = {NEVER, NEVER};

static ULong least(ULong a, ULong b) { return a < b ? a : b; }

/* Both with the moments from which on somebody else waits for attention: NEVER where nobody does. */
static void attention_set(ULong instructions, Moment then) {
    attention.instructions = least(max_instructions ? max_instructions : NEVER, instructions);
    if (then != NEVER) then = then > time_slept() ? then - time_slept() : 0;
    attention.cycles = least(max_cycles ? max_cycles : NEVER, then);
    if (counting) counting_until(least(attention.instructions, attention.cycles));
}

void attention_reckon(void) {
    attention_set(turn_ends(), least(memory_due(), least(next_timer(), next_waking())));
}

static void look(void) {
    if (memory_looked()) { /* which nobody else need know of */
        attention_reckon();
        if (statistics.instructions <= attention.instructions && cycles_done() <= attention.cycles) return;
    }
    Bool instructions = max_instructions && statistics.instructions > max_instructions;
    if (instructions || (max_cycles && cycles_done() > max_cycles)) {
        if (instructions) forks_over();
        summary(instructions ? "max_instructions" : "max_cycles");
        VG_(exit)(0);
    }
    attention_set(NEVER, NEVER); /* until it has been given */
    attend();
}

void stop_at_limits(void) {
    if (statistics.instructions > attention.instructions || cycles_done() > attention.cycles) look();
}

static void before_signal(ThreadId thread, Int signal, Bool alternate_stack) {
    blocks_interrupted(VG_(get_IP)(thread));
    of_signals += SIGNAL;
}

/* The budgets are the program's own: before an interpreter has come to it there are none. */
void limit_run(ULong instructions, ULong cycles) {
    own_instructions = instructions;
    own_cycles = cycles;
    Bool bound = own_part || !interprets;
    max_instructions = bound && instructions ? start.statistics.instructions + instructions : 0;
    max_cycles = bound && cycles ? start.cycles + cycles : 0;
    if (counting) counting_limits(max_instructions, max_cycles);
    attention_reckon();
}

/* Of Valgrind's own headers. */
extern void VG_(discard_translations)(Addr start, ULong length, const HChar *who);

void model_begins(void) {
    enum { LOWEST = 4096, BITS = 47 };
    if (!skipping) return;
    statistics.instructions = counted();
    moments_counted(counted());
    counting = skipping = False;
    VG_(discard_translations)(LOWEST, (1UL << BITS) - LOWEST, "skylake");
    VG_(track_pre_deliver_signal)(before_signal);
    limit_run(own_instructions, own_cycles);
}

void run_begins(void) {
    if (counting) {
        start.cycles = counted();
        statistics.instructions = counted();
    } else {
        memo_count();
        start.cycles = cycles_done();
        start.operations = operations_passed();
        VG_(memcpy)(start.slots, top_down(), sizeof start.slots);
    }
    start.statistics = statistics;
    memory_begins();
    lines_begin(counting ? counted() : cycles_done());
    limit_run(own_instructions, own_cycles);
}

static void count_summary(const HChar *ended) {
    forks_tell_known();
    lines_end(counted());
    if (annotating) executed_end();
    if (allocations_wanted) allocations_end();
    VG_(umsg)("PIE-SKYLAKE {\"ended\": \"%s\", \"cycles\": %llu, \"instructions\": %llu, "
              "\"system_calls\": %llu%s}\n",
              ended, counted() - start.cycles, counted() - start.cycles, statistics.syscalls - start.statistics.syscalls,
              told_besides());
}

void end_of_budget(void) {
    if (max_instructions && counted() > max_instructions) forks_over();
    count_summary("budget");
    VG_(exit)(0);
}

static void fini(Int code) {
    if (counting) {
        counting_settle(VG_(get_running_tid)());
        count_summary("exit");
        return;
    }
    blocks_pass(0);
    if (annotating) annotations();
    summary("exit");
}

static Bool option(const HChar *arg) {
    const HChar *lines, *places;
    if (VG_BINT_CLO(arg, "--max-instructions", own_instructions, 0, 1LL << 62)) return True;
    if (VG_BINT_CLO(arg, "--max-cycles", own_cycles, 0, 1LL << 62)) return True;
    if (VG_BOOL_CLO(arg, "--annotate", annotating)) return True;
    if (VG_STR_CLO(arg, "--lines", lines)) return lines_option(lines);
    if (VG_STR_CLO(arg, "--allocations", places)) return allocations_option(places);
    if (VG_XACT_CLO(arg, "--memoise=no", memoising, False)) return True;
    if (VG_XACT_CLO(arg, "--memoise=yes", memoising, True)) return True;
    if (VG_XACT_CLO(arg, "--memoise=always", memo_always, True)) return True;
    if (VG_XACT_CLO(arg, "--memoise=check", memo_checking, True)) return memo_always = True;
    if (VG_BINT_CLO(arg, "--serve", serving, 0, 1 << 10)) return True;
    if (VG_XACT_CLO(arg, "--mode=cycles", counting, False)) return True;
    if (VG_XACT_CLO(arg, "--mode=counts", counting, True)) return True;
    if (VG_BOOL_CLO(arg, "--interpreter", interprets)) return True;
    if (VG_BINT_CLO(arg, "--limit-stack", limit_stack, 0, 1LL << 62)) return True;
    if (VG_BINT_CLO(arg, "--limit-memory", limit_memory, 0, 1LL << 62)) return True;
    if (VG_BINT_CLO(arg, "--limit-file", limit_file, 0, 1LL << 62)) return True;
    if (VG_BINT_CLO(arg, "--limit-cpu", limit_cpu, 0, 1LL << 62)) return True;
    return False;
}

static void usage(void) {
    VG_(printf)("    --mode=cycles|counts  the model's cycles, or instructions alone [cycles]\n"
                "    --max-instructions=N  end after N instructions (0: never)\n"
                "    --max-cycles=N        end after N cycles (0: never)\n"
                "    --annotate=no|yes     count for each instruction's address [no]\n"
                "    --lines=ADDRESS,SIZE[,NAME]\n"
                "                          count for each line of a Python program; where the interpreter's loop lies (hex),\n"
                "                          in the file of that name where it is loaded anywhere\n"
                "    --allocations=ADDRESSES\n"
                "                          who asks for memory: where malloc, calloc, realloc, memalign,\n"
                "                          aligned_alloc and posix_memalign lie (hex; 0: nowhere)\n"
                "    --memoise=no|yes|always|check\n"
                "                          pass blocks by what is remembered of them: never, where that pays, always;\n"
                "                          check: compare it with what the model does [yes]\n"
                "    --serve=N             fork for each test that socket N asks for\n"
                "    --interpreter=no|yes  show modules that are loaded later an x86-64-v2 processor [no]\n"
                "    --limit-stack=N --limit-memory=N --limit-file=N --limit-cpu=N\n"
                "                          what the program is told of its limits: bytes, seconds (0: none)\n");
}

static void debug_usage(void) { VG_(printf)("    (none)\n"); }

static void before_call(ThreadId thread, UInt call, UWord *arguments, UInt count) {} /* answers.c has seen it */

static void after_call(ThreadId thread, UInt call, UWord *arguments, UInt count, SysRes result) {
    enum { GETRANDOM = 318 };
    memory_map_changed();
    if (sr_isError(result)) {
        answer_failed(thread, call, arguments);
        return;
    }
    follow_memory(call, arguments, sr_Res(result));
    count_traffic(call, arguments, sr_Res(result));
    if (!guard_opened(call, arguments, sr_Res(result)) || shows_host(call, arguments, sr_Res(result))) {
        answer_missing(thread);
        return;
    }
    answer_clock(thread, call, arguments);
    answer_files(call, arguments, sr_Res(result));
    answer_host(thread, call, arguments, sr_Res(result));
    answer_random(call, arguments, sr_Res(result));
    answer_own_path(thread, call, arguments);
    fault_handled(call, arguments);
    if (call == GETRANDOM) bytes_drawn(sr_Res(result));
}

static void post_clo_init(void) {
    skipping = interprets && !counting && !annotating;
    Bool model = !counting;
    counting |= skipping;
    guard_init();
    files_init();
    limits_init(limit_stack, limit_memory, limit_file, limit_cpu);
    traffic_init();
    memory_init();
    if (counting) counting_init(0, 0);
    limit_run(own_instructions, own_cycles);
    if (!model) return;
    caches_init();
    branch_init();
    back_end_init();
    front_end_init();
}

static IRSB *instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
                        const VexGuestExtents *extents, const VexArchInfo *host, IRType guest_word,
                        IRType host_word) {
    forks_known(BLOCK, closure->nraddr);
    return (counting ? counting_instrument : blocks_instrument)(closure, in, layout, extents, host, guest_word,
                                                                host_word);
}

static void pre_clo_init(void) {
    VG_(details_name)("skylake");
    VG_(details_version)("1");
    VG_(details_description)("a timing model of gem5's Skylake");
    VG_(details_copyright_author)("PIE toolkit");
    VG_(details_bug_reports_to)("the PIE toolkit");
    VG_(details_avg_translation_sizeB)(400);
    VG_(basic_tool_funcs)(post_clo_init, instrument, fini);
    /* Each branch ends its block, so that the registers at a branch are those at the next block. */
    VG_(clo_vex_control).guest_chase = False;
    VG_(clo_vex_control).iropt_unroll_thresh = 0;
    VG_(needs_syscall_wrapper)(before_call, after_call);
    VG_(track_pre_deliver_signal)(before_signal);
    VG_(needs_command_line_options)(option, usage, debug_usage);
}

/* In place of Valgrind's (build.py): names of places in the code are for messages that nobody reads, and to read
 * them took a quarter of an empty program's time, and a tenth of a second with shared libraries. */
ULong __wrap_vgPlain_di_notify_mmap(Addr mapped, Bool writable, Int descriptor);
ULong __wrap_vgPlain_di_notify_mmap(Addr mapped, Bool writable, Int descriptor) { return 0; }

/* Valgrind's library calls it where its compiler had no instruction for it. */
Int __popcountdi2(Long value);
Int __popcountdi2(Long value) {
    Int n = 0;
    for (ULong x = (ULong)value; x; x &= x - 1) n++;
    return n;
}

VG_DETERMINE_INTERFACE_VERSION(pre_clo_init)
