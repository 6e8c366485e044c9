/* Threads, one at a time, in an order that hangs on nothing but the program.
 *
 * A thread is a set of registers here, and no thread of the kernel's: the translator runs whichever lies in its
 * one place. Who runs goes on until it waits, sleeps or ends; then the one that has been ready for longest goes on.
 * Where a second one is ready, as after a start or a hand-off, each has a turn to come to where it waits. Those that
 * do not are threads side by side, which the modelled core, a single one, cannot tell the time of. */
#include "threads.h"
#include "blocks.h"
#include "answers.h"
#include "futex.h"
#include "guard.h"
#include "model.h"
#include "processor_id.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { MOST = 256, TURN = 1000000 /* instructions: a third of a millisecond or more */ };
enum { TIMED_OUT = 110 /* an error number that Valgrind's headers lack */ };
enum { ONLY = 1 /* the translator's own name of the one thread it knows */ };

/* Of Valgrind's own headers. */
extern SysRes VG_(do_sys_sigprocmask)(ThreadId thread, Int how, vki_sigset_t *set, vki_sigset_t *before);
extern SysRes VG_(do_sys_sigaltstack)(ThreadId thread, vki_stack_t *stack, vki_stack_t *before);

typedef struct {
    enum { READY, WAITS, NAPS } state;
    UInt number;
    ULong since;       /* in which order they became ready, or began to wait */
    ULong used;        /* instructions of its turn */
    Moment until;      /* when it wakes by itself, or NEVER */
    Moment deadline;   /* of the call that it makes again each time it wakes; 0: of none */
    Bool again;        /* it makes its call again, so this has no answer yet */
    const UInt *word;  /* on which it waits, */
    UInt bits;         /* and for which of its wakings */
    UInt *cleared;     /* what is cleared when it ends */
    VexGuestAMD64State registers; /* while another one runs */
    vki_sigset_t mask;
    vki_stack_t alternate;
} Task;

static Task first = {.state = READY, .number = PROCESS, .until = NEVER};
static Task *tasks[MOST] = {&first};
static Task *here = &first;
static UInt living = 1, started, order;
static ULong counted_to; /* instructions of this turn are counted up to here */

UInt thread_number(void) { return here->number; }
Bool thread_alone(void) { return living == 1; }

#define EACH(t) \
    for (UInt i_ = 0; i_ < MOST; i_++) \
        for (Task *t = tasks[i_]; t; t = NULL)

static UInt ready(void) {
    UInt count = 0;
    if (living == 1) return 1;
    EACH(t) count += t->state == READY;
    return count;
}

/* To be called before it changes who is ready, or who runs. */
static void count_turn(void) {
    here->used += instructions_done() - counted_to;
    counted_to = instructions_done();
}

/* And this behind it. */
static void turns_begin(void) {
    counted_to = instructions_done();
    if (living > 1 && ready() < 2) EACH(t) t->used = 0;
    attention_reckon();
}

ULong turn_ends(void) {
    return ready() < 2 ? NEVER : counted_to + (here->used < TURN ? TURN - here->used : 0);
}

Moment next_waking(void) {
    Moment next = NEVER;
    if (living > 1 || here->state != READY) EACH(t) if (t->until < next) next = t->until; /* who runs may have ended */
    return next;
}

/* ---- who runs --------------------------------------------------------------------------------------------- */

enum { FIRST = offsetof(VexGuestAMD64State, guest_RAX), SIZE = sizeof(VexGuestAMD64State) - FIRST };

static void copy_registers(VexGuestAMD64State *to, const VexGuestAMD64State *from) {
    VG_(memcpy)((UChar *)to + FIRST, (const UChar *)from + FIRST, SIZE);
}

static void run(Task *t) {
    if (t == here) return;
    VexGuestAMD64State *registers = registers_here();
    block_ends();
    copy_registers(&here->registers, registers);
    VG_(do_sys_sigprocmask)(ONLY, VKI_SIG_SETMASK, NULL, &here->mask);
    VG_(do_sys_sigaltstack)(ONLY, NULL, &here->alternate);
    copy_registers(registers, &t->registers);
    VG_(do_sys_sigprocmask)(ONLY, VKI_SIG_SETMASK, &t->mask, NULL);
    if (!(here->alternate.ss_flags & t->alternate.ss_flags & VKI_SS_DISABLE)) {
        vki_stack_t alternate = t->alternate;
        alternate.ss_flags &= VKI_SS_DISABLE;
        VG_(do_sys_sigaltstack)(ONLY, &alternate, NULL);
    }
    here = t;
}

static void answer(Task *t, Long value) {
    (t == here ? registers_here() : &t->registers)->guest_RAX = value;
}

static void rouse(Task *t, Long value) {
    if (t->state == WAITS || (value == -VKI_EINTR && !t->again)) answer(t, value);
    t->state = READY;
    t->again = False;
    t->until = NEVER;
    t->word = NULL;
    t->since = ++order;
}

static void wake_the_due(void) {
    Moment now = moment_now();
    EACH(t) if (t->until <= now) rouse(t, -TIMED_OUT);
}

/* Who has been ready for longest; of those whose turn is not over, if there are any. */
static Task *next_ready(void) {
    Task *next = NULL;
    EACH(t) {
        if (t->state != READY) continue;
        Bool rested = t->used < TURN;
        if (!next || (rested && next->used >= TURN) || (rested == (next->used < TURN) && t->since < next->since)) next = t;
    }
    return next;
}

/* Who runs waits, sleeps or is gone: somebody else goes on. */
static void make_room(void) {
    for (;;) {
        wake_the_due();
        Task *next = next_ready();
        if (next) {
            run(next);
            turns_begin();
            return;
        }
        Moment timer = next_timer(), waking = next_waking();
        if (timer == NEVER && waking == NEVER) refuse("waits", "its threads wait for each other without end");
        nap_until(timer < waking ? timer : waking);
        if (timer > moment_now() || !timers_fire()) continue;
        EACH(t) if (!next || t->number == PROCESS) next = t;
        rouse(next, -VKI_EINTR);
    }
}

void thread_naps(Moment until, Bool again) {
    VexGuestAMD64State *registers = registers_here();
    enum { LENGTH = 2 /* of the instruction */ };
    count_turn();
    if (again) registers->guest_RIP -= LENGTH;
    else registers->guest_RAX = 0;
    here->state = NAPS;
    here->again = again;
    here->until = until;
    make_room();
}

Moment *thread_deadline(void) { return &here->deadline; }

void threads_attend(void) {
    if (living == 1) return;
    count_turn();
    wake_the_due();
    if (ready() > 1 && here->used >= TURN) {
        here->since = ++order;
        Task *next = next_ready();
        if (next->used >= TURN) refuse("threads", "it runs threads side by side");
        run(next);
    }
    turns_begin();
}

/* ---- calls ------------------------------------------------------------------------------------------------ */

/* The target's order of arguments: flags, stack, where the parent learns the number, where the child's is kept,
 * its own storage. */
static Long start(const UWord *a) {
    enum { SHARED = VKI_CLONE_VM | VKI_CLONE_FS | VKI_CLONE_FILES | VKI_CLONE_SIGHAND | VKI_CLONE_THREAD };
    UInt place = 0;
    if ((a[0] & SHARED) != SHARED) refuse("threads", "it starts a thread that shares only some of its state");
    UInt *told = a[0] & VKI_CLONE_PARENT_SETTID ? (UInt *)a[2] : NULL;
    UInt *kept = a[0] & VKI_CLONE_CHILD_SETTID ? (UInt *)a[3] : NULL;
    if ((told && !writable(told, sizeof *told)) || (kept && !writable(kept, sizeof *kept))) return -VKI_EFAULT;
    while (place < MOST && tasks[place]) place++;
    if (place == MOST) return -VKI_EAGAIN;
    Task *t = tasks[place] = VG_(calloc)("thread", 1, sizeof *t);
    t->number = PROCESS + ++started;
    t->until = NEVER;
    t->since = ++order;
    t->cleared = a[0] & VKI_CLONE_CHILD_CLEARTID ? (UInt *)a[3] : NULL;
    t->alternate.ss_flags = VKI_SS_DISABLE;
    copy_registers(&t->registers, registers_here());
    t->registers.guest_RAX = 0;
    if (a[1]) t->registers.guest_RSP = a[1];
    if (a[0] & VKI_CLONE_SETTLS) t->registers.guest_FS_CONST = a[4];
    VG_(do_sys_sigprocmask)(ONLY, VKI_SIG_SETMASK, NULL, &t->mask);
    if (told) *told = t->number;
    if (kept) *kept = t->number;
    living++;
    return t->number;
}

/* Up to `count` of those who wait on a word go on, in the order in which they came. */
static UInt wake(const UInt *word, UInt count, UInt bits) {
    UInt woken = 0;
    while (woken < count) {
        Task *next = NULL;
        EACH(t) if (t->state == WAITS && t->word == word && t->bits & bits && (!next || t->since < next->since)) next = t;
        if (!next) break;
        rouse(next, 0);
        woken++;
    }
    return woken;
}

static void end(void) {
    Task *gone = here;
    count_turn();
    if (gone->cleared && writable(gone->cleared, sizeof *gone->cleared)) {
        *gone->cleared = 0;
        wake(gone->cleared, 1, ~0U);
    }
    gone->state = WAITS;
    gone->word = NULL;
    gone->until = NEVER;
    for (UInt i = 0; i < MOST; i++)
        if (tasks[i] == gone) tasks[i] = NULL;
    living--;
    make_room();
    if (gone != &first) VG_(free)(gone);
}

enum { PATIENCE = 16 /* bytes of a time */ };

/* What became of a call: it is the kernel's; this is its answer; or who made it waits, and is answered later. */
typedef enum { KERNELS, ANSWERED, WAITING } Done;

/* The only thread waits on a word: only a timer, or the end of its patience, can end that. */
static Done wait_alone(Moment until, Long *value) {
    *value = nap_alone(until) ? -VKI_EINTR : -TIMED_OUT;
    return *value == -VKI_EINTR || until != NEVER ? ANSWERED : KERNELS;
}

static Done wait(const UWord *a, UInt bits, Bool day, Long *value) {
    const UInt *word = (const UInt *)a[0];
    const ULong *patience = (const ULong *)a[3];
    *value = -VKI_EAGAIN;
    if (*word != (UInt)a[2]) return ANSWERED;
    *value = -VKI_EFAULT;
    if (patience && !readable(patience, PATIENCE)) return ANSWERED;
    *value = -VKI_EINVAL;
    if (bits == 0 || (patience && !sound_time(patience))) return ANSWERED;
    Moment until = !patience ? NEVER
                   : day     ? moment_of_day(patience[0], patience[1])
                             : moment_now() + duration(patience[0], patience[1]);
    *value = -TIMED_OUT;
    if (until <= moment_now()) return ANSWERED;
    if (living == 1) return wait_alone(until, value);
    here->state = WAITS;
    here->word = word;
    here->bits = bits;
    here->until = until;
    here->since = ++order;
    make_room();
    return WAITING;
}

/* Those who are not woken wait on another word from now on. */
static UInt move(const UInt *from, const UInt *to, UInt count) {
    UInt moved = 0;
    EACH(t) if (moved < count && t->state == WAITS && t->word == from) {
        t->word = to;
        moved++;
    }
    return moved;
}

static Done futex(const UWord *a, Long *value) {
    UInt operation = a[1] & FUTEX_OPERATION, bits = operation == FUTEX_WAIT || operation == FUTEX_WAKE ? ~0U : (UInt)a[5];
    const UInt *word = (const UInt *)a[0];
    *value = -VKI_EINVAL;
    if ((Addr)word % sizeof *word) return ANSWERED;
    *value = -VKI_EFAULT;
    if (!readable(word, sizeof *word)) return ANSWERED;
    switch (operation) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: return wait(a, bits, operation == FUTEX_WAIT_BITSET, value);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        *value = bits ? (Long)wake(word, (UInt)a[2], bits) : -VKI_EINVAL;
        return ANSWERED;
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        *value = -VKI_EAGAIN;
        if (operation == FUTEX_CMP_REQUEUE && *word != bits) return ANSWERED;
        *value = wake(word, (UInt)a[2], ~0U);
        *value += move(word, (const UInt *)a[4], (UInt)a[3]);
        return ANSWERED;
    default: return KERNELS;
    }
}

static Bool signal_thread(UInt number, UInt sent) {
    if (number == here->number || living == 1) return False;
    EACH(t) if (t->number == number) {
        if (sent) refuse("threads", "it sends one of its threads a signal");
        answer(here, 0);
        return True;
    }
    return False;
}

Bool thread_call(UInt call, const UWord *a) {
    switch (call) {
    case __NR_futex: {
        Long value;
        count_turn();
        Done done = futex(a, &value);
        if (done == ANSWERED) answer(here, value);
        turns_begin();
        return done != KERNELS;
    }
    case __NR_clone:
        if (!(a[0] & VKI_CLONE_THREAD)) return False;
        count_turn();
        answer(here, start(a));
        turns_begin();
        return True;
    case __NR_exit:
        if (living == 1) return False;
        end();
        return True;
    case __NR_sched_yield:
        if (living == 1) return False;
        count_turn();
        answer(here, 0);
        here->since = ++order;
        make_room();
        return True;
    case __NR_set_tid_address:
        here->cleared = (UInt *)a[0];
        answer(here, here->number);
        return True;
    case __NR_set_robust_list: answer(here, 0); return True;
    case __NR_gettid: answer(here, here->number); return True;
    case __NR_tkill: return signal_thread((UInt)a[0], (UInt)a[1]);
    case __NR_tgkill: return signal_thread((UInt)a[1], (UInt)a[2]);
    default: return False;
    }
}
