/* Moments that a Python program's harness marks, before it loads the program (marks.c). */
#ifndef SKYLAKE_MARKS_H
#define SKYLAKE_MARKS_H
#include "pub_tool_basics.h"

/* Whether a call marks the moment at which the tests of an interpreter part. */
Bool mark_parts(UInt call, const UWord *arguments);
/* Whether a call marks a moment, after it has been counted; and with what it is answered. */
Bool mark_call(UInt call, const UWord *arguments, Long *answer);
/* Whether the program's own part has begun: from then on budgets bound it. */
extern Bool own_part;
/* tool.c: from here on the model costs what is executed; what came before was counted alone. */
void model_begins(void);
/* tool.c: the program's own part begins here. */
void run_begins(void);
#endif
