/* What each line of a Python program costs (lines.c). */
#ifndef SKYLAKE_LINES_H
#define SKYLAKE_LINES_H
#include "pub_tool_basics.h"
#include "pub_tool_tooliface.h"

/* Where the interpreter's loop lies, as an option says it: ADDRESS,SIZE and, of what is loaded anywhere, ,NAME. False
 * for what is no such text. */
Bool lines_option(const HChar *text);
/* Whether lines are to be told of; and whether a block at an address belongs to the interpreter's loop. */
extern Bool lines_wanted;
Bool lines_interpret(Addr block);
/* Adds to a block of the loop what it must tell; `layout` is Valgrind's. */
void lines_instrument(IRSB *out, Addr block, const VexGuestLayout *layout);
/* The same for a store: whether it is to a page that had none yet. */
void lines_store(IRSB *out, IRExpr *address);
/* At the head of each block of the loop, and how much has been counted up to there. */
void lines_look(ULong done);
/* The program begins here; and it ends: what is known is written to the log. */
void lines_begin(ULong done);
void lines_end(ULong done);
/* It is ended by somebody else: what was seen until then is written. */
void lines_cut(void);
#endif
