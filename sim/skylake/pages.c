/* Physical addresses: the simulator gives pages out from address 0 upwards, the program's image first,
 * then its stack, then what is touched. They decide which row of memory an access finds open.
 *
 * And pages that a program gave back and has anew: the system clears them, which the target does at no cost. So a
 * program could have its memory cleared for nothing instead of doing it. What is touched first costs nothing, as
 * in the target: as many pages as were ever in use at once. Each one more was cleared for the program before. */
#include "model.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_libcbase.h"

enum { PAGE_BITS = 12, START_SIZE = 1 << 12, FREE_SHARE = 16 };
#define NO_FRAME (~0ULL)

typedef struct {
    Addr page; /* plus one; 0 is free */
    ULong frame; /* stays the page's own; NO_FRAME until it is touched */
    Bool in_use; /* touched, and not given back since */
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

static Slot *slot_of(Addr page) {
    if (2 * used >= size) grow();
    Slot *s = find(slots, size, page + 1);
    if (!s->page) {
        *s = (Slot){page + 1, NO_FRAME, False};
        used++;
    }
    return s;
}

static ULong in_use, most_in_use;
static Cycle worth; /* of all clearing that was not paid for */

static ULong frame_of(Addr page) {
    Slot *s = slot_of(page);
    if (s->frame == NO_FRAME) s->frame = next_frame++;
    if (s->in_use) return s->frame;
    s->in_use = True;
    if (++in_use > most_in_use) {
        most_in_use = in_use;
        return s->frame;
    }
    statistics.cleared_again++;
    worth += clearing(s->frame << PAGE_BITS);
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

enum { LAST = 64 };
static Addr last_page[LAST];
static ULong last_frame[LAST];

/* What was found without looking is looked for again. */
static void forget(void) {
    VG_(memset)(last_page, 0, sizeof last_page);
    caches_forget();
}

static void give_back(Slot *s) {
    if (!s->page || !s->in_use) return;
    s->in_use = False;
    in_use--;
}

/* The pages of a range that are in use are given to `with`, by whichever way is shorter. */
static void each(Addr start, ULong length, void (*with)(Slot *)) {
    Addr first = start >> PAGE_BITS, last = (start + length - 1) >> PAGE_BITS;
    if (!length || !in_use || last < first) return;
    if (last - first < size)
        for (Addr page = first; page <= last; page++) with(find(slots, size, page + 1));
    else
        for (ULong i = 0; i < size; i++)
            if (slots[i].page > first && slots[i].page - 1 <= last) with(&slots[i]);
}

void pages_given_back(Addr start, ULong length) {
    ULong before = in_use;
    each(start, length, give_back);
    if (in_use != before) forget();
}

void pages_moved(Addr from, Addr to, ULong length) {
    for (ULong i = 0; i < length >> PAGE_BITS && in_use; i++) {
        Slot *s = find(slots, size, (from >> PAGE_BITS) + i + 1);
        if (!s->page || !s->in_use) continue;
        give_back(s);
        s = slot_of((to >> PAGE_BITS) + i);
        in_use += !s->in_use;
        s->in_use = True;
    }
    forget();
}

/* So that runs cost what they do in the target, a sixteenth of the cycles is free. It cannot fall: what is added by
 * cycles that pass is more than what they set free. */
Cycle clearing_to_pay(Cycle cycles) { return worth > cycles / FREE_SHARE ? worth - cycles / FREE_SHARE : 0; }

ULong physical(Addr address) {
    Addr page = address >> PAGE_BITS;
    UInt way = page % LAST;
    if (last_page[way] != page + 1) {
        last_frame[way] = frame_of(page);
        last_page[way] = page + 1;
    }
    return (last_frame[way] << PAGE_BITS) | (address & ((1 << PAGE_BITS) - 1));
}
