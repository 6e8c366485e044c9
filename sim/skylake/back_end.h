/* What back_end.c uses: the ports, and memory order. */
#ifndef SKYLAKE_BACK_END_H
#define SKYLAKE_BACK_END_H
#include "model.h"

/* ports.c */
void ports_init(void);
/* The ports that begin operations of this class. */
UShort ports_of(UChar cls);
UInt latency(UChar cls);

/* memory_order.c */
void memory_order_init(void);
/* When a load or store may begin: not before a store that it was once found to depend on. */
Cycle may_issue(Addr pc, Cycle from);
/* The cycle in which a load's data is there; it has executed in cycle `executed`. */
Cycle load_at(Addr pc, Addr address, UInt size, Cycle executed, Passed *out);
/* When the store queue has an entry for the next store. */
Cycle store_entry(void);
/* The same for the store that is `beyond` the next, on a wrong path; far in the future if not known in `now`. */
Cycle store_entry_later(UInt beyond, Cycle now);
/* Takes a store in, which goes to the cache in its turn. */
void store_at(Addr pc, Addr address, UInt size, Cycle executed, Cycle committed);
/* The first cycle from `from` on in which no store waits to be written. */
Cycle stores_drained(Cycle from);
#endif
