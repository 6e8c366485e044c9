/* Physical addresses: the simulator gives pages out from address 0 upwards, the program's image first,
 * then its stack, then what is touched. They decide which row of memory an access finds open. */
#include "model.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_libcbase.h"

enum { PAGE_BITS = 12, START_SIZE = 1 << 12 };

typedef struct {
    Addr page; /* plus one; 0 is free */
    ULong frame;
} Slot;

static Slot *slots;
static ULong size, used, next_frame;

static Slot *find(Slot *in, ULong in_size, Addr key) {
    ULong i = (key * 0x9e3779b97f4a7c15ULL) >> 20;
    while (in[i & (in_size - 1)].page && in[i & (in_size - 1)].page != key) i++;
    return &in[i & (in_size - 1)];
}

static void grow(void) {
    ULong bigger = size ? 2 * size : START_SIZE;
    Slot *to = VG_(calloc)("pages", bigger, sizeof(Slot));
    for (ULong i = 0; i < size; i++)
        if (slots[i].page) *find(to, bigger, slots[i].page) = slots[i];
    if (slots) VG_(free)(slots);
    slots = to;
    size = bigger;
}

static ULong frame_of(Addr page) {
    if (2 * used >= size) grow();
    Slot *s = find(slots, size, page + 1);
    if (!s->page) {
        s->page = page + 1;
        s->frame = next_frame++;
        used++;
    }
    return s->frame;
}

typedef struct {
    UInt type, flags;
    ULong offset, address, physical, in_file, in_memory, align;
} Header;

/* The program's image has its pages first, in the order of its segments: `headers` are the ELF program
 * headers in memory. */
void pages_init(Addr headers, UInt count) {
    enum { LOADED = 1, MOST = 16 };
    const Header *h = (const Header *)headers;
    for (UInt i = 0; i < count && i < MOST; i++) {
        if (h[i].type != LOADED) continue;
        Addr last = (h[i].address + h[i].in_memory - 1) >> PAGE_BITS;
        for (Addr page = h[i].address >> PAGE_BITS; page <= last; page++) frame_of(page);
    }
}

ULong physical(Addr address) {
    enum { LAST = 64 };
    static Addr last_page[LAST];
    static ULong last_frame[LAST];
    Addr page = address >> PAGE_BITS;
    UInt way = page % LAST;
    if (last_page[way] != page + 1) {
        last_frame[way] = frame_of(page);
        last_page[way] = page + 1;
    }
    return (last_frame[way] << PAGE_BITS) | (address & ((1 << PAGE_BITS) - 1));
}
