/* Handlers of faults: what they see of the registers, and what they change (faults.c). */
#ifndef SKYLAKE_FAULTS_H
#define SKYLAKE_FAULTS_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

/* Whether an operation divides: it may end in a signal as a load may. */
Bool divides(IROp op);
/* Uses what a statement made, where a handler waits for its fault: else the translator leaves it away if the program
 * does not use it. */
void keep_faults(IRSB *out, const IRStmt *st);
/* Whether the program handles faults: then it matters what they are. */
Bool faults_matter(void);
/* The program has made a call. */
void fault_handled(UInt call, const UWord *arguments);
#endif
