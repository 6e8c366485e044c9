/* Handlers of faults: what they see of the registers, and what they change.
 *
 * The translator writes registers late, leaves away loads and divisions that nobody uses, and keeps the program counter
 * for accesses alone. That is fast, and nobody sees it but who handles a fault: he may step over the instruction, or
 * mend its operands and let it happen again. So from the first such handler on, all is done as it is written. */
#include "faults.h"
#include "model.h"
#include "libvex.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_machine.h"
#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"

/* Of Valgrind's and VEX's own headers. */
extern VexControl vex_control;
extern void VG_(discard_translations)(Addr start, ULong length, const HChar *who);
extern SysRes VG_(do_sys_sigaction)(Int number, const vki_sigaction_toK_t *set, vki_sigaction_fromK_t *before);

static Bool precise;

Bool faults_matter(void) { return precise; }

Bool divides(IROp op) {
    switch (op) {
    case Iop_DivModU64to32: case Iop_DivModS64to32: case Iop_DivModU128to64: case Iop_DivModS128to64: return True;
    default: return False;
    }
}

void keep_faults(IRSB *out, const IRStmt *st) {
    static ULong kept[4]; /* the widest vector */
    if (!precise || st->tag != Ist_WrTmp) return;
    const IRExpr *e = st->Ist.WrTmp.data;
    IRTemp made = st->Ist.WrTmp.tmp;
    if (e->tag == Iex_Binop && divides(e->Iex.Binop.op)) {
        if (typeOfIRTemp(out->tyenv, made) == Ity_I128) {
            IRTemp low = newIRTemp(out->tyenv, Ity_I64);
            addStmtToIRSB(out, IRStmt_WrTmp(low, IRExpr_Unop(Iop_128to64, IRExpr_RdTmp(made))));
            made = low;
        }
    } else if (e->tag != Iex_Load) return;
    addStmtToIRSB(out, IRStmt_Store(Iend_LE, mkIRExpr_HWord((HWord)kept), IRExpr_RdTmp(made)));
}

void fault_handled(UInt call, const UWord *a) {
    enum { LOWEST = 4096, BITS = 47 };
    vki_sigaction_fromK_t action;
    if (precise || call != __NR_rt_sigaction || !a[1]) return;
    if (a[0] != VKI_SIGSEGV && a[0] != VKI_SIGBUS && a[0] != VKI_SIGFPE) return;
    VG_(do_sys_sigaction)((Int)a[0], NULL, &action);
    if (action.ksa_handler == VKI_SIG_DFL || action.ksa_handler == VKI_SIG_IGN) return;
    precise = True;
    vex_control.iropt_level = 0;
    vex_control.iropt_register_updates_default = VexRegUpdAllregsAtEachInsn;
    VG_(discard_translations)(LOWEST, (1UL << BITS) - LOWEST, "skylake");
}

/* In place of Valgrind's (build.py), which tells where in the translated code a division ended. */
extern void __real_vgPlain_sigframe_create(ThreadId thread, Bool other_stack, Addr top, const vki_siginfo_t *told,
                                           const struct vki_ucontext *context, void *handler, UInt flags,
                                           const vki_sigset_t *mask, void *restorer);
void __wrap_vgPlain_sigframe_create(ThreadId thread, Bool other_stack, Addr top, const vki_siginfo_t *told,
                                    const struct vki_ucontext *context, void *handler, UInt flags,
                                    const vki_sigset_t *mask, void *restorer) {
    vki_siginfo_t own = *told;
    if (own.si_signo == VKI_SIGFPE && own.si_code > 0) own._sifields._sigfault._addr = (void *)VG_(get_IP)(thread);
    __real_vgPlain_sigframe_create(thread, other_stack, top, &own, context, handler, flags, mask, restorer);
}
