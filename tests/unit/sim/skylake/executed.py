"""A program that executes each form once, and steps over those that are refused as illegal."""

from __future__ import annotations

from collections.abc import Sequence

from tests.unit.sim.skylake.encoding_space import Form

# They need operands of their own, or change what the program stands on.
LEFT_OUT = {
    "div",
    "idiv",
    "popf",
    "popfq",
    "std",
    "leave",
    "enter",
    "fldenv",
    "frstor",
    "fxrstor",
    "fxrstor64",
    "xrstor",
    "xrstor64",
    "ldmxcsr",
    "vldmxcsr",
    "fldcw",
    "movabs",
    "xsave",
    "xsave64",
}
_PROGRAM = r"""
#include <csignal>
#include <cstdio>
#include <ucontext.h>
alignas(64) char buffer[8192];
extern "C" {
char *middle = buffer + 4096 + 16;
long kept, base, illegal;
}
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
    asm volatile("mov %%rsp, kept(%%rip); mov %%rbp, base(%%rip)\n" FORMS
        ::: "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r15", "memory", "cc");
    std::printf("%ld\n", illegal);
}
"""


# Pointers to the middle of the buffer, a small count, a mask of ones and an index of zeros.
_BEFORE = (
    "mov middle(%%rip), %%rsi; mov %%rsi, %%rdi; mov %%rsi, %%rbx; xor %%eax, %%eax; mov $2, %%ecx;"
    "mov $1, %%edx; fninit; vpxor %%xmm1, %%xmm1, %%xmm1; vpcmpeqd %%ymm3, %%ymm3, %%ymm3"
)
_BEHIND = "cld; mov kept(%%rip), %%rsp; mov base(%%rip), %%rbp"


def program(tried: Sequence[Form]) -> str:
    """Return the source of a program whose output is how many forms were illegal."""
    lines = []
    for number, form in enumerate(tried):
        code = ",".join(map(str, form.code))
        lines.append(f'"lea form{number}(%%rip), %%r15; {_BEFORE}\\n"')
        lines.append(f'".byte {code}; form{number}: {_BEHIND}\\n"')
    return _PROGRAM.replace("FORMS", "\n".join(lines))


def executable(tried: Sequence[Form]) -> list[Form]:
    """Leave out what needs operands of its own."""
    return [form for form in tried if form.instruction.mnemonic.split()[-1] not in LEFT_OUT]
