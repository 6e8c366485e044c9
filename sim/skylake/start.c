/* The process as the simulator starts it: its initial stack, with no trace of Valgrind in it.
 *
 * The C library's start walks over environment and auxiliary vector; so that it takes the same steps as in
 * the target, both are rewritten before the first instruction: same order, same alignment. */
#include "start.h"
#include "model.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"

enum { LARGEST = 3 << 10, MOST = 128 };
enum { AT_NULL = 0, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY,
       AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_PLATFORM, AT_HWCAP, AT_CLKTCK, AT_SECURE = 23,
       AT_RANDOM = 25, AT_EXECFN = 31, AT_SYSINFO_EHDR = 33 };

/* The target's order and the values of its own; the rest is this process's. */
static const struct {
    ULong kind, value;
    Bool own;
} auxiliary[] = {
    {AT_SYSINFO_EHDR, 0, True}, {AT_HWCAP, 0x1781ab7f, True}, {AT_PAGESZ, 4096, True}, {AT_CLKTCK, 100, True}, {AT_PHDR, 0, False},
    {AT_PHENT, 56, True}, {AT_PHNUM, 0, False}, {AT_BASE, 0, False}, {AT_FLAGS, 0, True},
    {AT_ENTRY, 0, False}, {AT_UID, 100, True}, {AT_EUID, 100, True}, {AT_GID, 100, True},
    {AT_EGID, 100, True}, {AT_SECURE, 0, True}, {AT_RANDOM, 0, False}, {AT_EXECFN, 0, True},
    {AT_PLATFORM, 0, True},
};
enum { AUXILIARY = sizeof auxiliary / sizeof *auxiliary };

static ULong present(const ULong *vector, ULong kind) {
    for (; vector[0] != AT_NULL; vector += 2)
        if (vector[0] == kind) return vector[1];
    return 0;
}

/* Valgrind's own additions to the environment. */
static Bool foreign(const HChar *text) {
    return VG_(strncmp)(text, "LD_PRELOAD=", 11) == 0 || VG_(strncmp)(text, "GLIBCXX_FORCE_NEW=", 18) == 0 ||
           VG_(strncmp)(text, "GLIBCPP_FORCE_NEW=", 18) == 0 ||
           VG_(strncmp)(text, "VALGRIND_", 9) == 0;
}

/* The page that the target calls the kernel's shared object: two calls, and no ELF header. The C library
 * searches it in vain, at some length. It lies in the tool, which the program can read. */
static UChar system_page[4096] __attribute__((aligned(4096))) = {
    0x48, 0xc7, 0xc0, 0x60, 0, 0, 0, 0x0f, 0x05, 0xc3,
    [0x400] = 0x48, 0xc7, 0xc0, 0xc9, 0, 0, 0, 0x0f, 0x05, 0xc3,
};

static ULong up(ULong value) { return (value + 15) & ~15ULL; }

/* The program is run by its path in the sandbox, and is called by its plain name. */
static const HChar *given_name(const HChar *path) {
    UInt length = VG_(strlen)(path);
    return length >= 9 && VG_(strcmp)(path + length - 9, "/pie/prog") == 0 ? path + length - 4 : path;
}

Addr start_stack(Addr sp) {
    static HChar strings[LARGEST];
    static UInt places[MOST];
    static ULong frame[2 * MOST + 2 * AUXILIARY + 8];
    const ULong *old = (const ULong *)sp;
    const HChar *const *pointers = (const HChar *const *)(old + 1);
    UInt argc = (UInt)old[0], count = 0, length = 0;
    const ULong *vector;
    UInt i = 0, kept = 0;
    for (; i < argc; i++) {
        const HChar *text = i ? pointers[i] : given_name(pointers[i]);
        UInt size = VG_(strlen)(text) + 1;
        if (length + size > LARGEST || count >= MOST) return sp;
        VG_(memcpy)(strings + length, text, size);
        places[count++] = length;
        length += size;
    }
    UInt name_size = VG_(strlen)(strings) + 1;
    for (i = argc + 1; pointers[i]; i++) {
        if (foreign(pointers[i])) continue;
        UInt size = VG_(strlen)(pointers[i]) + 1;
        if (length + size > LARGEST || count >= MOST) return sp;
        VG_(memcpy)(strings + length, pointers[i], size);
        places[count++] = length;
        length += size;
        kept++;
    }
    vector = (const ULong *)&pointers[i + 1];
    ULong values[AUXILIARY];
    for (i = 0; i < AUXILIARY; i++)
        values[i] = auxiliary[i].own ? auxiliary[i].value : present(vector, auxiliary[i].kind);
    Addr headers = present(vector, AT_PHDR);
    /* A program that can lie anywhere has relative addresses there: its pages come as they are touched. */
    if (headers && headers < 0x4000000) pages_init(headers, (UInt)present(vector, AT_PHNUM));
    Addr base = (sp | 4095) + 1;
    UInt frame_size = 8 * (1 + argc + 1 + kept + 1) + 16 * (AUXILIARY + 1);
    UInt info = up(8 + name_size + length), data = 16 + 7;
    Addr fresh = (base - info - up(frame_size + data)) & ~15UL;
    if (fresh < (sp & ~4095UL)) return sp;
    Addr texts = base - 8 - name_size - length, bytes = base - info - data;
    UInt n = 0;
    frame[n++] = argc;
    for (i = 0; i < argc; i++) frame[n++] = texts + places[i];
    frame[n++] = 0;
    for (; i < count; i++) frame[n++] = texts + places[i];
    frame[n++] = 0;
    for (i = 0; i < AUXILIARY; i++) {
        ULong v = values[i];
        if (auxiliary[i].kind == AT_SYSINFO_EHDR) v = (ULong)system_page;
        if (auxiliary[i].kind == AT_RANDOM) v = bytes;
        if (auxiliary[i].kind == AT_EXECFN) v = texts;
        if (auxiliary[i].kind == AT_PLATFORM) v = bytes + 16;
        frame[n++] = auxiliary[i].kind;
        frame[n++] = v;
    }
    frame[n] = frame[n + 1] = 0;
    n += 2;
    physical(base - 1); /* after the image the target gives out the stack's page, then the system's */
    physical((Addr)system_page);
    /* Nothing is left of Valgrind's own, with its addresses and its random bytes: a wrong path may read it. */
    Addr lowest = fresh < sp ? fresh : sp, end = VG_(am_find_nsegment)(sp)->end;
    VG_(memset)((void *)lowest, 0, end + 1 - lowest);
    VG_(memcpy)((void *)fresh, frame, 8 * n);
    VG_(memcpy)((void *)texts, strings, length);
    VG_(memcpy)((void *)(bytes + 16), "x86_64", 7);
    return fresh;
}
