/* How much memory a program has in use, and for how long (memory.c). */
#ifndef SKYLAKE_MEMORY_H
#define SKYLAKE_MEMORY_H
#include "moments.h"

void memory_init(void);
/* From here on it counts: the start, or where an interpreter's program begins. */
void memory_begins(void);
/* Around a system call that may give memory back. */
void memory_around(UInt call, const UWord *arguments);
/* When it is to be looked at next; whether that was now, and it was. */
Moment memory_due(void);
Bool memory_looked(void);
void memory_ends(void);
/* After the end: bytes in use at once at most; and, as pages times cycles, over time. */
ULong memory_peak(void);
ULong memory_over_time(void);
ULong memory_at_start(void);
/* Pages in use now, as often as anybody likes to know who tells of each page that a store goes to, unless the table
 * has it at its place. */
ULong memory_pages(void);
enum { TOUCHED = 1 << 16 };
extern Addr memory_touched[TOUCHED];
void memory_touches(Addr page);
#endif
