/* What the kernel tells of files: nothing of where they lie on the host, whose they are and since when.
 *
 * An interpreter makes objects of all that, and a number's size decides what it costs. The size of blocks
 * decides how much the C library reads at once, and file systems differ in it. */
#include "answers.h"
#include "guard.h"
#include "processor_id.h"
#include "pub_tool_hashtable.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcfile.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { BLOCK_SIZE = 4096, SECTOR = 512, EPOCH = 1000000000, DEVICE = 1, STREAMS = 3, KIND = 0170000,
       REGULAR = 0100000, FOLDER = 0040000, FOLDER_SIZE = 4096 };

/* A file's number is the order in which the program came upon it: the same for each of its names and descriptors.
 * The standard streams have the first ones, by which they are known: they tell neither their file nor its age. */
typedef struct {
    VgHashNode node; /* its key is the inode's */
    ULong device, number;
} Known;

static Word other(const void *one, const void *two) {
    const Known *a = one, *b = two;
    return a->node.key != b->node.key || a->device != b->device;
}

static struct {
    ULong device, inode;
} streams[STREAMS];

static ULong number_of(ULong device, ULong inode) {
    static VgHashTable *known;
    static ULong last_number = STREAMS;
    for (UInt i = 0; i < STREAMS; i++)
        if (streams[i].inode == inode && streams[i].device == device) return i + 1;
    if (!known) known = VG_(HT_construct)("files");
    Known asked = {{NULL, inode}, device, 0};
    Known *found = VG_(HT_gen_lookup)(known, &asked, other);
    if (found) return found->number;
    found = VG_(malloc)("file", sizeof *found);
    *found = asked;
    found->number = ++last_number;
    VG_(HT_add_node)(known, found);
    return found->number;
}

static ULong start_seconds;

/* The file system of the kernel's own files: Valgrind needs it, natively it is not there. It tells of the translator,
 * and a process's number there is how many tests have had the same start before. */
static ULong kernels;

/* Of Valgrind's own headers. */
extern SysRes VG_(do_syscall)(UWord number, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord, RegWord);

Bool of_kernel(UInt call, const UWord *a) {
    enum { HERE = -100 /* AT_FDCWD */, ITSELF = 0x100 /* not what it links to */, DESCRIPTOR = 0x1000 };
    static const HChar own[] = "/proc/self/exe"; /* is answered */
    UWord folder = (UWord)(Word)HERE, path = a[0], flags = 0;
    switch (call) {
    case __NR_access:
    case __NR_chdir:
    case __NR_stat:
    case __NR_statfs: break;
    case __NR_lstat:
    case __NR_readlink: flags = ITSELF; break;
    case __NR_faccessat:
    case __NR_faccessat2:
    case __NR_newfstatat:
    case __NR_statx:
    case __NR_readlinkat:
        folder = a[0];
        path = a[1];
        flags = call == __NR_readlinkat ? ITSELF
              : call == __NR_statx      ? a[2] & (ITSELF | DESCRIPTOR)
              : call == __NR_faccessat  ? 0
                                        : a[3] & (ITSELF | DESCRIPTOR);
        break;
    default: return False;
    }
    if (!kernels || (readable((const void *)path, sizeof own) && VG_(strcmp)((const HChar *)path, own) == 0)) return False;
    struct vki_stat found;
    SysRes asked = VG_(do_syscall)(__NR_newfstatat, folder, path, (UWord)&found, flags, 0, 0, 0, 0);
    return !sr_isError(asked) && found.st_dev == kernels;
}

void files_init(void) {
    struct vg_stat own_files;
    if (!sr_isError(VG_(stat)("/proc", &own_files))) kernels = own_files.dev;
    struct vki_timeval now;
    VG_(gettimeofday)(&now, NULL);
    start_seconds = now.tv_sec;
    for (Int stream = 0; stream < STREAMS; stream++) {
        struct vg_stat s = {0};
        VG_(fstat)(stream, &s);
        streams[stream].device = s.dev;
        streams[stream].inode = s.ino;
    }
}

void files_restart(void) { files_init(); }

static Bool is_old(ULong host_seconds) {
    enum { SHORT_WHILE = 5 };
    return host_seconds + SHORT_WHILE < start_seconds;
}

/* When a file was last written. What was there long before the run keeps its second, where it is no folder:
 * an interpreter finds out by it whether what it compiled is still good. */
static ULong written(ULong host_seconds, UInt mode) {
    return is_old(host_seconds) && (mode & KIND) == REGULAR ? host_seconds : EPOCH;
}

/* How many names a file has is the program's own doing, where it is no file of the host's. */
static UInt names(UInt host_names, ULong host_seconds, UInt mode) {
    return is_old(host_seconds) || (mode & KIND) != REGULAR ? 1 : host_names;
}

static void hide(struct vki_stat *s) {
    s->st_ino = number_of(s->st_dev, s->st_ino);
    Bool file = s->st_ino > STREAMS;
    s->st_dev = DEVICE;
    s->st_uid = s->st_gid = USER;
    s->st_nlink = file ? names(s->st_nlink, s->st_mtime, s->st_mode) : 1;
    if ((s->st_mode & KIND) == FOLDER) s->st_size = FOLDER_SIZE;
    s->st_blksize = BLOCK_SIZE;
    s->st_blocks = (s->st_size + SECTOR - 1) / SECTOR;
    s->st_mtime = file ? written(s->st_mtime, s->st_mode) : EPOCH;
    s->st_atime = s->st_ctime = EPOCH;
    s->st_atime_nsec = s->st_mtime_nsec = s->st_ctime_nsec = 0;
}

typedef struct {
    Long seconds;
    UInt nanoseconds, unused;
} Moment;

/* As the kernel's statx writes it. */
typedef struct {
    UInt mask, block_size;
    ULong attributes;
    UInt links, user, group;
    UShort mode, unused;
    ULong inode, size, blocks, attributes_mask;
    Moment read, born, changed, written;
    UInt special_major, special_minor, major, minor;
    ULong mount;
} Extended;

/* A device's number as `stat` gives it. */
static ULong device_of(const Extended *s) {
    return (s->minor & 0xff) | s->major << 8 | (s->minor & ~0xffU) << 12;
}

static void hide_extended(Extended *s) {
    s->inode = number_of(device_of(s), s->inode);
    Bool file = s->inode > STREAMS;
    s->major = 0;
    s->minor = DEVICE;
    s->mount = 1;
    s->user = s->group = USER;
    s->links = file ? names(s->links, s->written.seconds, s->mode) : 1;
    if ((s->mode & KIND) == FOLDER) s->size = FOLDER_SIZE;
    s->block_size = BLOCK_SIZE;
    s->blocks = (s->size + SECTOR - 1) / SECTOR;
    s->written.seconds = file ? written(s->written.seconds, s->mode) : EPOCH;
    s->read.seconds = s->born.seconds = s->changed.seconds = EPOCH;
    s->read.nanoseconds = s->born.nanoseconds = s->changed.nanoseconds = s->written.nanoseconds = 0;
}

/* As the kernel's statfs writes it. */
typedef struct {
    Long type, block_size, blocks, free, available, files, free_files;
    Int name[2];
    Long longest_name, fragment_size, flags;
} System;

/* How large the host's file systems are, and what is left of them. */
static void hide_system(System *s) {
    enum { TMPFS = 0x01021994, BLOCKS = 16384, FILES = 1 << 20, LONGEST = 255, VALID = 0x20 };
    *s = (System){TMPFS, BLOCK_SIZE, BLOCKS, BLOCKS, BLOCKS, FILES, FILES, {0, 0}, LONGEST, BLOCK_SIZE, VALID};
}

/* The inodes of a folder's entries, `length` bytes of them. */
static void hide_inodes(UChar *entries, UWord length) {
    enum { LENGTH = 16 }; /* where an entry's own length stands, behind its inode and offset */
    for (UWord i = 0; i < length; i += *(UShort *)(entries + i + LENGTH)) *(ULong *)(entries + i) = 1;
}

void answer_files(UInt call, UWord *a, UWord result) {
    switch (call) {
    case __NR_getdents:
    case __NR_getdents64: hide_inodes((UChar *)a[1], result); break;
    case __NR_stat:
    case __NR_lstat:
    case __NR_fstat: hide((struct vki_stat *)a[1]); break;
    case __NR_newfstatat: hide((struct vki_stat *)a[2]); break;
    case __NR_statx: hide_extended((Extended *)a[4]); break;
    case __NR_statfs:
    case __NR_fstatfs: hide_system((System *)a[1]); break;
    default: break;
    }
}
