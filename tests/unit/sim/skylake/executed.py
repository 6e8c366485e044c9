"""A program that executes each form once, and steps over those that are refused as illegal."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.sim.skylake.encoding_space import Form

# They need operands of their own, or change what the program stands on.
LEFT_OUT = set(
    "div idiv popf popfq std leave enter fldenv frstor fxrstor fxrstor64 xrstor xrstor64 ldmxcsr vldmxcsr fldcw"
    " movabs xsave xsave64".split()
)
_PROGRAM = r"""
#include <csignal>
#include <cstdio>
#include <ucontext.h>
alignas(64) char buffer[8192];
char *const middle = buffer + 4096 + 16;
long kept, done, illegal;
static void skip(int, siginfo_t *, void *context) {
    auto *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    registers[REG_RIP] = registers[REG_R15];
    ++illegal;
}
int main() {
    struct sigaction action = {};
    action.sa_sigaction = skip;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigaction(SIGILL, &action, nullptr);
    for (int turn = 0; turn < TURNS; ++turn) {
        asm volatile("mov %%rsp, kept(%%rip); mov %%rbp, base(%%rip)\n" FORMS
            ::: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r15", "memory", "cc");
    }
    std::printf("%ld\n", illegal);
}
"""


def program(tried: Sequence[Form], turns: int = 1) -> str:
    """Return the source of a program whose output is how many forms were illegal."""
    lines = []
    for number, form in enumerate(tried):
        code = ",".join(map(str, form.code))
        lines.append(
            f"lea form{number}(%%rip), %%r15; mov middle(%%rip), %%rsi; mov %%rsi, %%rdi; mov %%rsi, %%rbx;"
            f"xor %%eax, %%eax; mov $2, %%ecx; mov $1, %%edx; fninit; vpxor %%xmm1, %%xmm1, %%xmm1; vpcmpeqd %%ymm3, %%ymm3, %%ymm3;"
            f".byte {code}; form{number}: cld; mov kept(%%rip), %%rsp; mov base(%%rip), %%rbp"
        )
    text = "\n".join(f'"{line}\\n"' for line in lines)
    return _PROGRAM.replace("TURNS", str(turns)).replace("FORMS", "\n" + text).replace(
        "char *const middle", 'extern "C" char *const middle; char *const middle'
    ).replace("long kept, done, illegal;", 'extern "C" { long kept, base, illegal; }')


def executable(tried: Sequence[Form]) -> list[Form]:
    """Leave out what needs operands of its own."""
    return [form for form in tried if form.instruction.mnemonic.split()[-1] not in LEFT_OUT]
