/* Code objects of a Python interpreter, as they lie in its memory (code_objects.c). */
#ifndef SKYLAKE_CODE_OBJECTS_H
#define SKYLAKE_CODE_OBJECTS_H
#include "pub_tool_basics.h"

enum { LONGEST_NAME = 120 };

typedef struct {
    ULong hits, cost;
    ULong alone;   /* without what the program's own functions cost that it calls */
    ULong highest; /* pages in use behind it */
    Long grown;    /* by so many pages, in all */
} Line;

typedef struct Code {
    Addr at, table;
    Int first_line, traceable;
    UInt units;
    Bool own; /* the program's; of others nothing is known but this */
    Bool function;
    Int *line_of; /* of each unit; 0: none */
    Int low, high;
    Line *lines; /* from `low` on */
    ULong entered; /* pages in use when it was first called */
    Int innermost; /* its place in the stack; -1: it is not under way */
    HChar name[LONGEST_NAME + 1];
    struct Code *next; /* of the same slot */
    struct Code *older;
} Code;

/* Offsets within CPython 3.11's code objects that others need. */
enum { CODE_BYTES = 184 };

/* A word at an address of the interpreter's, 0 where there is none; whether so many bytes can be read there. */
Addr word_at(Addr at);
Bool all_readable(Addr at, ULong length);
/* Whether what is known of a code object is still true: another one may lie where it was. */
Bool code_is(const Code *code, Addr at);
/* Whether one is of the program's own file. */
Bool code_is_own(Addr at);
/* Reads one; of what is not the program's no more than what tells it from another. */
void read_code(Code *code, Addr at, Bool own);
#endif
