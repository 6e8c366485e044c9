/* The issue queue's calendar, and its state relative to time. */
#include "issue_queue.h"
#include "pub_tool_libcbase.h"

UChar iq_left[2 * RING] __attribute__((aligned(8)));
Int iq_free = IQ;
Cycle iq_counted;

void count_free(Cycle to) {
    if (to > iq_counted + 2 * RING) iq_counted = to - 2 * RING;
    while (iq_counted < to) {
        UInt at = iq_counted & (2 * RING - 1);
        if (at % 8 == 0 && to - iq_counted >= 8) { /* eight at once: together they are no more than IQ */
            ULong *eight = (ULong *)&iq_left[at];
            iq_free += *eight * 0x0101010101010101ULL >> 56;
            *eight = 0;
            iq_counted += 8;
        } else {
            iq_free += iq_left[at];
            iq_left[at] = 0;
            iq_counted++;
        }
    }
}

/* Only entries that become free later than somebody can ask. */
UInt *issue_queue_note(UInt *w, Cycle renamed, Cycle end) {
    UInt *leaving = w++, left = 0, n = 0;
    for (Cycle at = renamed + 1; at < end;) {
        UInt place = at & (2 * RING - 1);
        if (place % 8 == 0 && !*(const ULong *)&iq_left[place]) {
            at += 8;
            continue;
        }
        if (iq_left[place]) {
            *w++ = (UInt)(at - renamed) << 8 | iq_left[place];
            left += iq_left[place];
            n++;
        }
        at++;
    }
    *leaving = n << 8 | left;
    return w;
}

static Cycle calendar_end;

void issue_queue_left(Cycle end) { calendar_end = end; }

static void empty_calendar(void) {
    for (Cycle at = iq_counted; at < calendar_end;) {
        UInt place = at & (2 * RING - 1), many = 2 * RING - place;
        if (many > calendar_end - at) many = calendar_end - at;
        VG_(memset)(&iq_left[place], 0, many);
        at += many;
    }
}

const UInt *issue_queue_recall(const UInt *w, Cycle renamed) {
    empty_calendar();
    iq_counted = renamed + 1;
    iq_free = IQ - (*w & 255);
    for (UInt n = *w++ >> 8; n; n--, w++) iq_left[(renamed + (*w >> 8)) & (2 * RING - 1)] = *w & 255;
    return w;
}
