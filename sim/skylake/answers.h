/* System calls that the tool answers itself, in place of the kernel (answers.c). */
#ifndef SKYLAKE_ANSWERS_H
#define SKYLAKE_ANSWERS_H
#include "pub_tool_basics.h"
#include "libvex_guest_amd64.h"

/* The registers of the thread that runs: between two blocks, as in a system call, they are all here. */
VexGuestAMD64State *registers_here(void);
/* Whether the program itself may read or write there: whether the kernel would. */
Bool readable(const void *address, SizeT size);
Bool writable(const void *address, SizeT size);
/* The block under way has come to its end: another thread goes on. */
void block_ends(void);
/* Whether the program would take notice of a signal: it neither blocks nor ignores it. */
Bool signal_heard(Int number);

/* limits.c: getrlimit, setrlimit, prlimit. */
Bool limit_call(UInt call, const UWord *arguments, Long *answer);
void limits_init(ULong stack, ULong memory, ULong file, ULong processor_seconds);
/* Has the program's data grow beyond the translator's own end for it; whether there is room. */
Bool grow_data(Addr end);
#endif
