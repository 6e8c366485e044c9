/* What a program asks of the kernel: calls that it has not, and bytes that the kernel moves for it.
 *
 * A call costs the same whatever it moves (as in the target). So bytes that go through the kernel instead of through
 * loads and stores are work that the model does not see: copies by sendfile, round trips through files and pipes, file
 * pages mapped anew over what was written. They have a bound. */
#include "answers.h"
#include "guard.h"
#include "model.h"
#include "moments.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"
#include "system_calls.h"

enum { LISTED = 451, TEXT = 128 };

static const HChar *const refused[LISTED] = {
#define NOTHING(number, ...)
#define NAMED(number, name) [number] = #name,
    SYSTEM_CALLS(NOTHING, NOTHING, NAMED)
};

void refuse_call(UInt call) {
    HChar text[TEXT];
    if (call >= LISTED || !refused[call]) return;
    VG_(snprintf)(text, sizeof text, "it makes the system call %s, which no measured program has", refused[call]);
    refuse("calls", text);
}

/* ---- bytes that the kernel moves ------------------------------------------------------------------------ */

/* Beyond the input's size once, and the output: a few pages, and one byte for so many instructions. The fastest copy
 * takes a fifth of a cycle for a byte, so that what is hidden is a fortieth of the cost, and a tenth of an empty
 * program's. What is loaded of the system's own files is not the program's to choose, and does not count. */
enum { FREE = 64 << 10, INSTRUCTIONS_PER_BYTE = 8 };

static ULong moved, input;

enum { OUTPUTS = 2, KIND = 0170000, DEVICE = 0020000 };

static struct {
    ULong device, inode;
} outputs[OUTPUTS]; /* what descriptors 1 and 2 were at the start */
static Bool outputs_replaced;

void traffic_init(void) {
    struct vg_stat s;
    if (VG_(fstat)(0, &s) == 0) input = s.size;
    for (Int i = 0; i < OUTPUTS; i++)
        if (VG_(fstat)(1 + i, &s) == 0) {
            outputs[i].device = s.dev;
            outputs[i].inode = s.ino;
        }
}

extern Bool VG_(resolve_filename)(Int descriptor, const HChar **name);

/* Whether a file can hold what the program put there: one of its own, or itself; pipes and sockets have no path. */
static Bool is_own_name(const HChar *name) {
    static const HChar *const places[] = {"/tmp/", "/pie/", "/memfd:", "/dev/"};
    for (UInt i = 0; i < sizeof places / sizeof *places; i++)
        if (VG_(strncmp)(name, places[i], VG_(strlen)(places[i])) == 0) return True;
    return False;
}
static Bool is_own(UWord descriptor) {
    const HChar *name;
    if (descriptor == 0 || !VG_(resolve_filename)((Int)descriptor, &name) || name[0] != '/') return True;
    return is_own_name(name);
}

static Bool names_output(UWord descriptor) { return descriptor == 1 || descriptor == 2; }

/* Another file can come into an output's place when that was closed, or by a copy upon it. */
static void follow_outputs(UInt call, const UWord *a) {
    if (call == __NR_close_range || (call == __NR_close && names_output(a[0])) ||
        ((call == __NR_dup2 || call == __NR_dup3) && names_output(a[1])))
        outputs_replaced = True;
}

/* Whether what is written is gone: into an output, by whatever descriptor, or a device. */
static Bool is_output(UWord descriptor) {
    struct vg_stat s;
    if (names_output(descriptor) && !outputs_replaced) return True;
    if (VG_(fstat)((Int)descriptor, &s) != 0) return False;
    if ((s.mode & KIND) == DEVICE) return True;
    for (UInt i = 0; i < OUTPUTS; i++)
        if (s.dev == outputs[i].device && s.ino == outputs[i].inode) return True;
    return False;
}

/* Of so many bytes from `offset` on, those that the file has. */
static ULong of_length(UWord descriptor, ULong offset, ULong bytes) {
    struct vg_stat s;
    if (VG_(fstat)((Int)descriptor, &s) != 0) return bytes;
    ULong there = (ULong)s.size > offset ? (ULong)s.size - offset : 0;
    return bytes < there ? bytes : there;
}

static Bool of_file(Addr address) {
    const NSegment *s = VG_(am_find_nsegment)(address);
    return s && s->kind == SkFileC;
}

/* Pages of a file that the program can write are copied when it does. Shared ones, but for a file's first at any
 * address, are put in whatever order as if they were copied there. */
static Bool is_copied(const UWord *a) {
    if (a[3] & VKI_MAP_PRIVATE) return (a[2] & VKI_PROT_WRITE) != 0;
    return a[3] & VKI_MAP_FIXED || a[5] != 0;
}

static ULong moved_by(UInt call, const UWord *a, UWord result) {
    enum { DONT_NEED = 4 };
    switch (call) {
    case __NR_read:
    case __NR_readv:
    case __NR_pread64:
    case __NR_preadv:
    case __NR_recvfrom: return is_own(a[0]) ? result : 0;
    case __NR_sendfile:
    case __NR_copy_file_range: return result;
    /* Names, too, are places where a program can put bytes to have them copied. */
    case __NR_readlink:
    case __NR_readlinkat:
    case __NR_getcwd:
    case __NR_getrandom: return result;
    case __NR_getdents:
    case __NR_getdents64: return is_own(a[0]) ? result : 0;
    case __NR_write:
    case __NR_writev:
    case __NR_pwrite64:
    case __NR_pwritev:
    case __NR_sendto: return is_output(a[0]) ? 0 : result;
    case __NR_mmap: return a[3] & VKI_MAP_ANONYMOUS || !is_copied(a) || !is_own(a[4]) ? 0 : of_length(a[4], a[5], a[1]);
    case __NR_mprotect: return a[2] & VKI_PROT_WRITE && of_file(a[0]) ? a[1] : 0;
    case __NR_madvise: return a[2] == DONT_NEED && of_file(a[0]) ? a[1] : 0;
    /* `realloc` lets its blocks grow and leaves their place to the kernel; whatever else moves is moved instead of
     * being copied. */
    case __NR_mremap:
        return result != a[0] && (a[3] & VKI_MREMAP_FIXED || a[2] < a[1] + a[1] / 16) ? a[1] : 0;
    default: return 0;
    }
}

void count_traffic(UInt call, const UWord *a, UWord result) {
    HChar text[TEXT];
    follow_outputs(call, a);
    moved += moved_by(call, a, result);
    if (moved <= input + FREE + instructions_done() / INSTRUCTIONS_PER_BYTE) return;
    VG_(snprintf)(text, sizeof text, "%llu bytes copied by the kernel, which the model does not cost", moved);
    refuse("copies", text);
}

void count_name(const HChar *name) {
    enum { LONGEST = 4096, PAGE = 4096 };
    UInt length = 0;
    while (length < LONGEST) {
        if ((length == 0 || (Addr)(name + length) % PAGE == 0) && !readable(name + length, 1)) break;
        if (!name[length]) break;
        length++;
    }
    moved += length;
}

/* ---- memory that the program gives back ------------------------------------------------------------------ */

extern const NSegment *VG_(am_next_nsegment)(const NSegment *here, Bool forwards);

#define ALL (~0ULL >> 1)

/* What was cut out of a file, [from, to), is gone from where the file is mapped. */
static void file_cut(Bool found, const struct vg_stat *file, ULong from, ULong to) {
    from = VG_PGROUNDUP(from);
    for (const NSegment *s = VG_(am_find_nsegment)(0); found && s; s = VG_(am_next_nsegment)(s, True)) {
        if (s->kind != SkFileC || s->ino != file->ino || s->dev != file->dev) continue;
        ULong first = s->offset, last = first + (s->end + 1 - s->start);
        ULong begin = from > first ? from : first, end = to < last ? to : last;
        if (begin < end) pages_given_back(s->start + (begin - first), end - begin);
    }
}

static void descriptor_cut(UWord descriptor, ULong from, ULong to) {
    struct vg_stat file;
    file_cut(VG_(fstat)((Int)descriptor, &file) == 0, &file, from, to);
}

static void name_cut(UWord name, ULong from) {
    struct vg_stat file;
    file_cut(!sr_isError(VG_(stat)((const HChar *)name, &file)), &file, from, ALL);
}

static void follow_move(const UWord *a, UWord to) {
    UWord from = a[0], before = VG_PGROUNDUP(a[1]), after = VG_PGROUNDUP(a[2]);
    if (to != from) {
        pages_given_back(to, after);
        pages_moved(from, to, before < after ? before : after);
    }
    if (after < before) pages_given_back(from + after, before - after);
}

void follow_memory(UInt call, const UWord *a, UWord result) {
    enum { DONT_NEED = 4, CUTS = VKI_O_TRUNC };
    switch (call) {
    case __NR_munmap: pages_given_back(a[0], a[1]); break;
    case __NR_mmap:
        if (a[3] & VKI_MAP_FIXED) pages_given_back(a[0], a[1]);
        break;
    case __NR_madvise:
        if (a[2] == DONT_NEED) pages_given_back(a[0], a[1]);
        break;
    case __NR_mremap: follow_move(a, result); break;
    case __NR_open:
        if (a[1] & CUTS) descriptor_cut(result, 0, ALL);
        break;
    case __NR_openat:
        if (a[2] & CUTS) descriptor_cut(result, 0, ALL);
        break;
    case __NR_creat: descriptor_cut(result, 0, ALL); break;
    case __NR_truncate: name_cut(a[0], a[1]); break;
    case __NR_ftruncate: descriptor_cut(a[0], a[1], ALL); break;
    case __NR_fallocate:
        if (a[1]) descriptor_cut(a[0], a[2], a[2] + a[3]); /* 0: only room is made */
        break;
    default: break;
    }
}

/* A link to a pipe or socket has a number of the host's, which counts what was made there since it started. */
Bool shows_host(UInt call, UWord *a, UWord length) {
    if (call != __NR_readlink && call != __NR_readlinkat) return False;
    HChar *text = (HChar *)a[call == __NR_readlinkat ? 2 : 1];
    for (UWord i = 0; i + 1 < length && text[i] != '/'; i++)
        if (text[i] == ':' && text[i + 1] == '[') {
            VG_(memset)(text, 0, length);
            return True;
        }
    return False;
}
