/* One start for all tests of a program (forks.c). */
#ifndef SKYLAKE_FORKS_H
#define SKYLAKE_FORKS_H
#include "pub_tool_basics.h"

/* The descriptor of the socket to the driver, by an option; -1: this is an ordinary run, or a child's. */
extern Int serving;
/* Before each system call of the program's: where its tests part, it returns once in each child. */
void forks_before_call(ThreadId thread, UInt call, const UWord *arguments);
/* What the program has made known to the tool, and the server can make known to the next test: a block that was
 * translated, an instruction that was decoded, one whose successor was looked up. */
enum Known { BLOCK, DECODED_AT, FOLLOWED };
void forks_known(enum Known what, Addr at);
/* The descriptor of what came with the test beside its streams: the program of an interpreter; or an error. */
Int forks_given(void);
/* Where a budget of instructions is met: before the tests part, it is met on each of them. */
void forks_over(void);
/* At the end of a run. */
void forks_tell_known(void);
/* Whether a call gives the same on every test and leaves nothing behind but in the process itself (common_calls.c). */
Bool is_common(UInt call, const UWord *arguments);
/* Gives the run under way other budgets (tool.c). */
void limit_run(ULong instructions, ULong cycles);
#endif
