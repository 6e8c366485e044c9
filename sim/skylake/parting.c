/* Registers and flags where a wrong path parts from the right one. */
#include "emulate.h"
#include "libvex.h"
#include "libvex_guest_amd64.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_machine.h"
#include "pub_tool_threadstate.h"

static UInt call_number;

void call_begins(UInt call) { call_number = call; }

/* Where the paths part, in the state of the next block, which is about to begin. Registers lie there one behind the
 * other, the flags' parts behind them: one copy for all. */
static struct {
    ULong registers[16], flags[4];
} parting;

void registers_now(Registers *r, Bool behind_call) {
    enum { FIRST = offsetof(VexGuestAMD64State, guest_RAX), FLAGS = offsetof(VexGuestAMD64State, guest_CC_OP) };
    _Static_assert(offsetof(VexGuestAMD64State, guest_RSP) == FIRST + 4 * 8 &&
                   offsetof(VexGuestAMD64State, guest_R15) == FIRST + 15 * 8 && FLAGS == FIRST + 16 * 8,
                   "registers lie in the order of their numbers");
    VG_(get_shadow_regs_area)(VG_(get_running_tid)(), (UChar *)&parting, 0, FIRST, sizeof parting);
    __builtin_memcpy(r->value, parting.registers, sizeof parting.registers);
    r->value[NO_REGISTER] = 0;
    r->known = 0xffff;
    if (behind_call) { /* it has not been made yet */
        enum { RAX = 0, RCX = 1, R11 = 11 };
        r->value[RAX] = call_number;
        r->known &= ~(1u << RCX | 1u << R11);
    }
    r->flags_known = FLAGS_BEFORE; /* few are asked for */
}

void flags_before(Registers *r) {
    enum { CARRY = 1, ZERO = 1 << 6, SIGN = 1 << 7, OVERFLOW = 1 << 11 };
    static VexGuestAMD64State state; /* of which only the flags are filled in */
    state.guest_DFLAG = 1;
    __builtin_memcpy(&state.guest_CC_OP, parting.flags, sizeof parting.flags);
    ULong flags = LibVEX_GuestAMD64_get_rflags(&state);
    r->flags_known = True;
    r->carry = flags & CARRY;
    r->zero = (flags & ZERO) != 0;
    r->sign = (flags & SIGN) != 0;
    r->overflow = (flags & OVERFLOW) != 0;
}
