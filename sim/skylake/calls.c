/* What a program asks of the kernel: calls that it has not, and bytes that the kernel moves for it.
 *
 * A call costs the same whatever it moves (as in the target). So bytes that go through the kernel instead of through
 * loads and stores are work that the model does not see: copies by sendfile, round trips through files and pipes, file
 * pages mapped anew over what was written. They have a bound. */
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

void traffic_init(void) {
    struct vg_stat s;
    if (VG_(fstat)(0, &s) == 0) input = s.size;
}

extern Bool VG_(resolve_filename)(Int descriptor, const HChar **name);

/* Whether a file can hold what the program put there: one of its own, or itself; pipes and sockets have no path. */
static Bool is_own(UWord descriptor) {
    static const HChar *const places[] = {"/tmp/", "/pie/", "/memfd:", "/dev/"};
    const HChar *name;
    if (descriptor == 0 || !VG_(resolve_filename)((Int)descriptor, &name) || name[0] != '/') return True;
    for (UInt i = 0; i < sizeof places / sizeof *places; i++)
        if (VG_(strncmp)(name, places[i], VG_(strlen)(places[i])) == 0) return True;
    return False;
}

static Bool is_output(UWord descriptor) { return descriptor == 1 || descriptor == 2; }

static Bool of_file(Addr address) {
    const NSegment *s = VG_(am_find_nsegment)(address);
    return s && s->kind == SkFileC;
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
    case __NR_write:
    case __NR_writev:
    case __NR_pwrite64:
    case __NR_pwritev:
    case __NR_sendto: return is_output(a[0]) ? 0 : result;
    /* Pages of a file that the program can write are copied when it does. */
    case __NR_mmap:
        if (a[3] & VKI_MAP_ANONYMOUS || !(a[3] & VKI_MAP_PRIVATE) || !(a[2] & VKI_PROT_WRITE)) return 0;
        return is_own(a[4]) ? a[1] : 0;
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
    moved += moved_by(call, a, result);
    if (moved <= input + FREE + instructions_done() / INSTRUCTIONS_PER_BYTE) return;
    VG_(snprintf)(text, sizeof text, "%llu bytes copied by the kernel, which the model does not cost", moved);
    refuse("copies", text);
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
