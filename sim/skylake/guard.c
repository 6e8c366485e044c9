/* What belongs to the translator: a program shares its address space, and may not write there.
 *
 * Each store of the program is preceded by a test of its address, and each system call by one of the memory
 * that the kernel would write for it. The test is true for
 *  - the tool's own image, from its link address to its end;
 *  - [2^36, 3 * 2^35), where the translator maps its memory (from 0x1002000000 on), and everything from 2^37
 *    on, where the kernel gave it its first stack.
 * The program has all between: its image and mappings from 0x400000 on, its stack below 0x1fff001000. */
#include "guard.h"
#include "lines.h"
#include "faults.h"
#include "futex.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { IMAGE = 0x58000000, GRANULE_BITS = 35, BORDER = 4096, REACH = 2048, KNOWN = 8, LARGEST_STORE = 64 };

/* Ends the image: nothing of the program's can lie so near to its end that the border reaches it. */
static UChar border[3 * BORDER] __attribute__((section(".lbss"), used));

static ULong image_size(void) { return (Addr)border + 2 * BORDER - IMAGE; }

void refuse(const HChar *verdict, const HChar *why) {
    VG_(umsg)("PIE-REFUSED %s: %s\n", verdict, why);
    lines_cut();
    VG_(exit)(0);
}

static void tampering(void) { refuse("tampering", "it wrote, or had written, into the instrument's memory"); }

static Bool forbidden(Addr address) {
    return address - IMAGE < image_size() || (address >> GRANULE_BITS ^ 1) >= 3;
}

static Bool touches(Addr address, SizeT size) {
    if (size == 0) return False;
    Addr last = address + size - 1;
    return last < address || forbidden(address) || forbidden(last) || (address < IMAGE && last >= IMAGE);
}

/* ---- stores --------------------------------------------------------------------------------------------- */

/* A page of the program's, where a forbidden store goes instead of being done: translating it ends the run.
 * Should the program unmap it, it crashes there. */
static const Addr way_out = 0x1fff800000;

extern SysRes VG_(am_mmap_anon_fixed_client)(Addr start, SizeT length, UInt prot);

extern Bool VG_(resolve_filename)(Int descriptor, const HChar **name);

/* A temporary as another one and a constant. */
typedef struct {
    IRTemp base;
    Long offset;
} Sum;

static Sum *sums; /* by temporary; those of the block under way */
static UInt sums_size;
/* Addresses tested in this block. Near them nothing is tested again: no memory of the translator's that can
 * be written lies within REACH of any of the program's. */
static Sum known[KNOWN];
static UInt known_count;

static Addr aimed; /* the address tested last, of a program that handles its faults */

/* Where nobody has memory a store does no harm: natively it is a fault, which the program knows. */
static void reached(void) {
    const NSegment *s = VG_(am_find_nsegment)(aimed);
    if (aimed >> (GRANULE_BITS + 2) && (!s || s->kind == SkResvn))
        refuse("addresses", "it writes where no program has memory, and handles the fault");
    tampering();
}

static Bool is_temporary(const IRExpr *e) { return e->tag == Iex_RdTmp; }
static Bool is_constant(const IRExpr *e) { return e->tag == Iex_Const && e->Iex.Const.con->tag == Ico_U64; }

void guard_block(IRSB *out, Addr start) {
    known_count = 0;
    if (sums_size < out->tyenv->types_used) {
        sums_size = 2 * out->tyenv->types_used;
        sums = VG_(realloc)("sums", sums, sums_size * sizeof *sums);
    }
    for (UInt i = 0; i < out->tyenv->types_used; i++) sums[i] = (Sum){i, 0};
    if (start - way_out < VKI_PAGE_SIZE)
        addStmtToIRSB(out, IRStmt_Dirty(unsafeIRDirty_0_N(0, "reached", VG_(fnptr_to_fnentry)(&reached),
                                                          mkIRExprVec_0())));
}

void guard_temporary(const IRStmt *st) {
    const IRExpr *e = st->Ist.WrTmp.data;
    IRTemp to = st->Ist.WrTmp.tmp;
    if (to >= sums_size) return;
    if (is_temporary(e)) sums[to] = sums[e->Iex.RdTmp.tmp];
    if (e->tag != Iex_Binop || (e->Iex.Binop.op != Iop_Add64 && e->Iex.Binop.op != Iop_Sub64)) return;
    const IRExpr *left = e->Iex.Binop.arg1, *right = e->Iex.Binop.arg2;
    if (!is_temporary(left) || !is_constant(right) || left->Iex.RdTmp.tmp >= sums_size) return;
    Long constant = (Long)right->Iex.Const.con->Ico.U64;
    sums[to] = sums[left->Iex.RdTmp.tmp];
    sums[to].offset += e->Iex.Binop.op == Iop_Add64 ? constant : -constant;
}

/* Whether an address needs no test; it is kept as tested. */
static Bool tested(const IRExpr *address) {
    if (is_constant(address)) return !touches(address->Iex.Const.con->Ico.U64, LARGEST_STORE);
    if (!is_temporary(address) || address->Iex.RdTmp.tmp >= sums_size) return False;
    Sum s = sums[address->Iex.RdTmp.tmp];
    for (UInt i = 0; i < known_count; i++) {
        Long apart = s.offset - known[i].offset;
        if (known[i].base == s.base && apart <= REACH && apart >= -REACH) return True;
    }
    if (known_count < KNOWN) known[known_count++] = s;
    return False;
}

static IRExpr *computed(IRSB *out, IRType type, IRExpr *e) {
    IRTemp t = newIRTemp(out->tyenv, type);
    addStmtToIRSB(out, IRStmt_WrTmp(t, e));
    return IRExpr_RdTmp(t);
}
static IRExpr *number(ULong value) { return IRExpr_Const(IRConst_U64(value)); }
static IRExpr *two(IRSB *out, IRType type, IROp op, IRExpr *a, IRExpr *b) {
    return computed(out, type, IRExpr_Binop(op, a, b));
}

static void leave_if(IRSB *out, IRExpr *condition, Int offset_ip) {
    addStmtToIRSB(out, IRStmt_Exit(condition, Ijk_Boring, IRConst_U64(way_out), offset_ip));
}

/* What `forbidden` computes. */
static void test(IRSB *out, IRExpr *address, Int offset_ip) {
    if (faults_matter()) addStmtToIRSB(out, IRStmt_Store(Iend_LE, mkIRExpr_HWord((HWord)&aimed), address));
    IRExpr *from_image = two(out, Ity_I64, Iop_Sub64, address, number(IMAGE));
    leave_if(out, two(out, Ity_I1, Iop_CmpLT64U, from_image, number(image_size())), offset_ip);
    IRExpr *granule = computed(
        out, Ity_I64, IRExpr_Binop(Iop_Shr64, address, IRExpr_Const(IRConst_U8(GRANULE_BITS))));
    IRExpr *swapped = two(out, Ity_I64, Iop_Xor64, granule, number(1));
    leave_if(out, two(out, Ity_I1, Iop_CmpLE64U, number(3), swapped), offset_ip);
}

void guard_store(IRSB *out, IRExpr *address, UInt size, IRExpr *condition, Int offset_ip) {
    if (condition && condition->tag == Iex_Const && condition->Iex.Const.con->Ico.U1) condition = NULL;
    if (condition) /* where the store is not done, its address may be anything */
        address = computed(out, Ity_I64, IRExpr_ITE(condition, address, number(0)));
    if (!tested(address)) {
        test(out, address, offset_ip);
        if (lines_wanted) lines_store(out, address);
    }
    if (size > LARGEST_STORE) test(out, two(out, Ity_I64, Iop_Add64, address, number(size - 1)), offset_ip);
}

/* ---- system calls ---------------------------------------------------------------------------------------- */

/* The same, but for what the kernel refuses by itself: a range that begins or ends where no process has memory. */
static Bool reaches(Addr address, SizeT size) {
    enum { BITS = 47 };
    return (address | size | (address + size - 1)) >> BITS == 0 && touches(address, size);
}

static void kernel_uses(CorePart part, ThreadId thread, const HChar *what, Addr address, SizeT size) {
    /* The translator reads its own code, in place of that of the kernel's old page of calls. */
    if (part != Vg_CoreTranslate && reaches(address, size)) tampering();
}
static void kernel_reads_text(CorePart part, ThreadId thread, const HChar *what, Addr address) {
    if (reaches(address, 1)) tampering();
    count_name((const HChar *)address);
}

void guard_init(void) {
    tl_assert(BORDER >= REACH + LARGEST_STORE);
    SysRes mapped = VG_(am_mmap_anon_fixed_client)(way_out, VKI_PAGE_SIZE, VKI_PROT_READ | VKI_PROT_EXEC);
    tl_assert(!sr_isError(mapped));
    VG_(track_pre_mem_write)(kernel_uses);
    VG_(track_pre_mem_read)(kernel_uses);
    VG_(track_pre_mem_read_asciiz)(kernel_reads_text);
}

/* ---- by call and operation: a register that an operation does not use may hold anything ------------------- */

enum { FIRST = 1, SECOND = 2, THIRD = 4, FOURTH = 8, FIFTH = 16 };

/* Which arguments the kernel takes for addresses, without the translator's telling of what lies there. */
static UInt futex_pointers(UInt operation) {
    switch (operation & FUTEX_OPERATION) {
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_CMP_REQUEUE_PI: return FIRST | FIFTH;
    default: return FIRST;
    }
}

static UInt fcntl_pointers(UInt command) {
    enum { GETLK = 5, SETLKW = 7, SETOWN_EX = 15, GETOWNER_UIDS = 17, OFD_GETLK = 36, OFD_SETLKW = 38, HINTS = 1035,
           LAST_HINT = 1038 };
    Bool pointer = (command >= GETLK && command <= SETLKW) || (command >= SETOWN_EX && command <= GETOWNER_UIDS) ||
                   (command >= OFD_GETLK && command <= OFD_SETLKW) || (command >= HINTS && command <= LAST_HINT);
    return pointer ? THIRD : 0;
}

/* Requests that take a number or nothing; all others are taken to use an address. */
static UInt ioctl_pointers(UInt request) {
    static const UShort numbers[] = {
        0x5409 /* TCSBRK */, 0x540a /* TCXONC */, 0x540b /* TCFLSH */, 0x540c /* TIOCEXCL */, 0x540d /* TIOCNXCL */,
        0x540e /* TIOCSCTTY */, 0x541d /* TIOCCONS */, 0x5422 /* TIOCNOTTY */, 0x5425 /* TCSBRKP */,
        0x5427 /* TIOCSBRK */, 0x5428 /* TIOCCBRK */, 0x5450 /* FIONCLEX */, 0x5451 /* FIOCLEX */,
    };
    for (UInt i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (request == numbers[i]) return 0;
    return THIRD;
}

/* What a process may ask for itself; with the arguments that are addresses. */
static const struct {
    UInt option, pointers;
} options[] = {
    {1 /* SET_PDEATHSIG */, 0},   {2 /* GET_PDEATHSIG */, SECOND},   {3 /* GET_DUMPABLE */, 0},
    {4 /* SET_DUMPABLE */, 0},    {7 /* GET_KEEPCAPS */, 0},         {8 /* SET_KEEPCAPS */, 0},
    {13 /* GET_TIMING */, 0},     {14 /* SET_TIMING */, 0},          {15 /* SET_NAME */, SECOND},
    {16 /* GET_NAME */, SECOND},  {21 /* GET_SECCOMP */, 0},         {22 /* SET_SECCOMP */, THIRD},
    {23 /* CAPBSET_READ */, 0},   {25 /* GET_TSC */, SECOND},        {27 /* GET_SECUREBITS */, 0},
    {29 /* SET_TIMERSLACK */, 0}, {30 /* GET_TIMERSLACK */, 0},      {33 /* MCE_KILL */, 0},
    {34 /* MCE_KILL_GET */, 0},   {36 /* SET_CHILD_SUBREAPER */, 0}, {37 /* GET_CHILD_SUBREAPER */, SECOND},
    {38 /* SET_NO_NEW_PRIVS */, 0}, {39 /* GET_NO_NEW_PRIVS */, 0},  {40 /* GET_TID_ADDRESS */, SECOND},
    {41 /* SET_THP_DISABLE */, 0}, {42 /* GET_THP_DISABLE */, 0},    {47 /* CAP_AMBIENT */, 0},
    {0x59616d61 /* SET_PTRACER */, 0}, {0x53564d41 /* SET_VMA: a name */, THIRD | FIFTH},
};

/* The place of an option among those; or how many there are. */
static UInt option_of(UInt option) {
    UInt i = 0;
    while (i < sizeof options / sizeof *options && options[i].option != option) i++;
    return i;
}

static UInt pointers_of(UInt call, const UWord *a) {
    switch (call) {
    case __NR_futex: return futex_pointers((UInt)a[1]);
    case __NR_fcntl: return fcntl_pointers((UInt)a[1]);
    case __NR_ioctl: return ioctl_pointers((UInt)a[1]);
    case __NR_prctl: {
        UInt i = option_of((UInt)a[0]);
        return i < sizeof options / sizeof *options ? options[i].pointers : 0;
    }
    case __NR_set_tid_address:
    case __NR_set_robust_list: return FIRST;
    case __NR_sendfile: return THIRD;
    case __NR_splice:
    case __NR_copy_file_range: return SECOND | FOURTH;
    default: return 0;
    }
}

/* The kernel itself refuses addresses that no process has. */
static Bool in_reach(Addr address) {
    enum { BITS = 47 };
    return address >> BITS == 0;
}

/* One that may replace nothing is a wish too, as it is to a kernel that does not know it. */
static Bool fixed(const UWord *a) { return (a[3] & VKI_MAP_FIXED) != 0; }

/* A mapping where the program can have none: of what is there, or of an address that it has chosen for itself. */
static void clashes(Addr start, SizeT size) {
    enum { MOST = 4096 };
    static Addr starts[MOST];
    Int count = VG_(am_get_segment_starts)(SkFileV | SkAnonV, starts, MOST);
    Bool taken = count < 0 || (start < IMAGE + image_size() && start + size > IMAGE);
    for (Int i = 0; i < count && !taken; i++) {
        const NSegment *s = VG_(am_find_nsegment)(starts[i]);
        taken = s && s->start < start + size && s->end >= start;
    }
    if (taken) tampering();
    refuse("addresses", "it maps memory at an address of its own where the translator has its own");
}

/* Where the program would like to have its memory: not where it must not write. */
UWord guard_hint(UInt call, const UWord *a) {
    return call == __NR_mmap && !fixed(a) && reaches(a[0], a[1]) ? 0 : a[0];
}

Bool guard_answers(UInt call, const UWord *a, Long *answer) {
    Bool unknown = call == __NR_prctl && option_of((UInt)a[0]) == sizeof options / sizeof *options;
    Bool missing = !unknown && of_kernel(call, a);
    if (unknown) *answer = -VKI_EINVAL;
    if (missing) *answer = -VKI_ENOENT;
    return unknown || missing;
}

void guard_call(UInt call, const UWord *a) {
    switch (call) {
    case __NR_munmap:
    case __NR_mprotect:
    case __NR_madvise:
    case __NR_remap_file_pages:
    case __NR_mbind:
        if (reaches(a[0], a[1])) tampering();
        break;
    case __NR_mmap:
        if (fixed(a) && reaches(a[0], a[1])) clashes(a[0], a[1]);
        break;
    case __NR_mremap:
        if (reaches(a[0], a[1]) || ((a[3] & VKI_MREMAP_FIXED) && reaches(a[4], a[2]))) tampering();
        break;
    default: break;
    }
    UInt pointers = pointers_of(call, a);
    for (UInt i = 0; pointers >> i; i++)
        if (pointers >> i & 1 && in_reach(a[i]) && forbidden(a[i])) tampering();
}

/* A program may offer more room than it has: the kernel fills what the file gives. It is offered what lies below
 * the translator's memory. */
UWord guard_length(UInt call, const UWord *a) {
    Bool alone = call == __NR_getrandom;
    UWord length = a[alone ? 1 : 2];
    Addr start = a[alone ? 0 : 1];
    switch (call) {
    case __NR_read:
    case __NR_pread64:
    case __NR_write:
    case __NR_pwrite64:
    case __NR_getrandom: break;
    default: return length;
    }
    if (length == 0 || forbidden(start) || start + length - 1 < start || !touches(start, length)) return length;
    if (start < IMAGE) return IMAGE - start;
    return ((Addr)(start >> GRANULE_BITS < 2 ? 2 : 4) << GRANULE_BITS) - start; /* `forbidden` begins there */
}

static Bool begins(const HChar *name, const HChar *with) { return VG_(strncmp)(name, with, VG_(strlen)(with)) == 0; }

/* A process's memory is a file, too. The other files of the kernel tell of the translator and of the host, and
 * are there for the translator only: natively a program has none of them. */
Bool guard_opened(UInt call, const UWord *a, UWord descriptor) {
    const HChar *name;
    if (call != __NR_open && call != __NR_openat && call != __NR_creat) return True;
    if (!VG_(resolve_filename)((Int)descriptor, &name)) return True;
    if (VG_(strcmp)(name, "/proc") != 0 && !begins(name, "/proc/") && !begins(name, "/sys")) return True;
    UWord flags = call == __NR_creat ? 1 : a[call == __NR_openat ? 2 : 1];
    UInt length = VG_(strlen)(name);
    if (flags & 3 && length > 4 && VG_(strcmp)(name + length - 4, "/mem") == 0) tampering();
    VG_(close)((Int)descriptor);
    return False;
}
