/* Moments that a Python program's harness marks (sim/guest/harness.py).
 *
 * The start of an interpreter is not the program's work. So the harness says where the program begins: by a call of
 * lseek on a descriptor that no process has, which means nothing to a kernel. There are three moments. LOADED comes once
 * the interpreter has its modules: until then instructions are counted, and from there on the model costs them. So it
 * has seen the rehearsal that follows, as a processor has that came through the start, at a twentieth of the time. WARM
 * comes behind that, where nothing yet depends on the program: its tests part there (forks.c), and so do those of other
 * programs. BEGIN comes right before the program's code: its cost is counted from there.
 *
 * Each counts once, in this order, and only in an interpreter. The harness makes all before it loads the program. So a
 * program that makes them is too late, and is answered by the kernel. */
#include "marks.h"
#include "answers.h"
#include "forks.h"
#include "processor_id.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

enum { MARK = 0x504945, LOADED = 1, WARM, BEGIN };

Bool own_part;
static UWord reached;

static Bool marks(UInt call, const UWord *a, UWord moment) {
    return interprets && call == __NR_lseek && a[0] == MARK && a[1] == moment && reached == moment - 1;
}

Bool mark_parts(UInt call, const UWord *a) { return marks(call, a, WARM); }

Bool mark_call(UInt call, const UWord *a, Long *answer) {
    if (marks(call, a, LOADED)) {
        reached = LOADED;
        model_begins();
        *answer = 0;
        return True;
    }
    if (marks(call, a, WARM)) {
        reached = WARM;
        *answer = forks_given(); /* without one the harness opens the program's file */
        return True;
    }
    if (!marks(call, a, BEGIN)) return False;
    reached = BEGIN;
    block_ends(); /* what has been executed up to here is the start's */
    own_part = True;
    run_begins();
    *answer = 0;
    return True;
}
