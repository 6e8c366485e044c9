/* Who asks for memory, and for how much (allocations.c). */
#ifndef SKYLAKE_ALLOCATIONS_H
#define SKYLAKE_ALLOCATIONS_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

/* Where the functions lie that give memory, as an option says it: the addresses (hex, 0: there is none) of malloc,
 * calloc, realloc, memalign, aligned_alloc and posix_memalign. False for what is no such text. */
Bool allocations_option(const HChar *text);
extern Bool allocations_wanted;
/* Adds to the head and the end of a block what follows calls; `behind` is where a call returns to. */
void allocations_head(IRSB *out, Addr block, const VexGuestLayout *layout);
void allocations_tail(IRSB *out, Addr behind, const VexGuestLayout *layout);
/* Tells of them in the log. */
void allocations_end(void);
#endif
