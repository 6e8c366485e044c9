/* What belongs to the translator: the program may not write there (guard.c). */
#ifndef SKYLAKE_GUARD_H
#define SKYLAKE_GUARD_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

void guard_init(void);
/* Begins a block of the program's code at `start`: it is about to be instrumented into `out`. */
void guard_block(IRSB *out, Addr start);
/* Learns what a temporary is. */
void guard_temporary(const IRStmt *st);
/* Adds, before a store of `size` bytes, the way out for one that goes where it must not; the store is done
 * only where `condition` (NULL: always) is true. */
void guard_store(IRSB *out, IRExpr *address, UInt size, IRExpr *condition, Int offset_ip);
/* Refuses a system call that could change the translator's memory. */
void guard_call(UInt call, const UWord *arguments);
/* The length that a call is passed on with: as much of it as cannot reach the translator's memory. */
UWord guard_length(UInt call, const UWord *arguments);
/* The first argument that a call is passed on with: a mapping need not lie where it was only wished for. */
UWord guard_hint(UInt call, const UWord *arguments);
/* What the program has no use for: whether it is answered without the kernel, and with what. */
Bool guard_answers(UInt call, const UWord *arguments, Long *answer);
/* Looks at what a call has opened; False where that is no file for the program, and was closed again. */
Bool guard_opened(UInt call, const UWord *arguments, UWord descriptor);
/* calls.c: ends the run of a program that makes a call which it has not; before the call. */
void refuse_call(UInt call);
void traffic_init(void);
/* Counts what the kernel moved for the program by a call that succeeded; ends its run where that is too much. */
void count_traffic(UInt call, const UWord *arguments, UWord result);
/* files.c: whether a call names a file of the kernel's own, which no measured program has. */
Bool of_kernel(UInt call, const UWord *arguments);
/* Follows what a call that succeeded did to memory which the program had touched. */
void follow_memory(UInt call, const UWord *arguments, UWord result);
/* limits.c: where the program's data ends; and that it ended there before a call. */
Addr end_of_data(void);
void data_ended(Addr before);
/* Counts a name that the kernel is about to read, and looks up part by part. */
void count_name(const HChar *name);
/* Whether a link that was read names something of the host's by number; it is then gone from the program's memory. */
Bool shows_host(UInt call, UWord *arguments, UWord length);
/* Ends the run: `verdict` and `why` are read by the driver. */
__attribute__((noreturn)) void refuse(const HChar *verdict, const HChar *why);
#endif
