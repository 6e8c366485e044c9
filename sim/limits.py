"""How much of the host one run may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

MIB = 1 << 20

# A run that used so much CPU time that even at these rates it must have exceeded its instruction
# budget is stopped there. Rates in instructions per second of CPU time, far below what programs
# reach (natively a billion and more, under cachegrind 50 to 110 million), so that neither host nor
# load decides.
NATIVE_FLOOR = 200_000_000
INSTRUMENT_FLOOR = 10_000_000
# The timing model counts by itself and stops at the budget, at 6 million a second and more; this
# bounds what it does not count: time in the kernel.
MODEL_FLOOR = 1_000_000


@dataclass(frozen=True)
class Limits:
    """Limits of one run of a measured program."""

    max_instructions: int = 2_000_000_000
    """Budget of simulated instructions; beyond it the verdict is `time_limit` on every host."""
    max_cycles: int | None = None
    """Budget of simulated cycles, with the same verdict; None is no limit."""
    memory_bytes: int = 1024 * MIB
    """Address space of the program."""
    stack_bytes: int = 256 * MIB
    """Main stack, natively and on the machine."""
    output_bytes: int = 64 * MIB
    """Standard output; the run ends with `output_limit` at the first byte beyond."""
    file_bytes: int = 64 * MIB
    """Largest file, and size of the private /tmp."""
    told_cpu_seconds: int | None = None
    """The native limit of CPU time where another budget gives it (see `bounded`)."""

    def bounded(self, max_instructions: int) -> Limits:
        """Return these limits with another budget; what a program is told of them stays.

        A program can ask for its limit of CPU time, and that is the native run's.
        """
        other = replace(self, max_instructions=max_instructions, told_cpu_seconds=None)
        if other.cpu_seconds == self.cpu_seconds:
            return other
        return replace(other, told_cpu_seconds=self.cpu_seconds)

    def plain(self) -> dict[str, int]:
        """Return the limits by name for keys and manifests; no limit has no entry."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def excess(self, instructions: int, cycles: int) -> str:
        """Say which budget a run of these counts has exceeded; empty when it has kept them."""
        if instructions > self.max_instructions:
            return self.too_many
        if self.max_cycles is not None and cycles > self.max_cycles:
            return f"{cycles} cycles, budget {self.max_cycles}"
        return ""

    @property
    def too_many(self) -> str:
        """What is said of a run that exceeds its budget of instructions.

        Where it was stopped is not: a run with a larger budget tells of a smaller one.
        """
        return f"more than {self.max_instructions} instructions"

    @property
    def cpu_seconds(self) -> int:
        """Native CPU time that proves the instruction budget exceeded, in seconds."""
        if self.told_cpu_seconds is not None:
            return self.told_cpu_seconds
        return max(1, -(-self.max_instructions // NATIVE_FLOOR))

    @property
    def instrument_cpu_seconds(self) -> int:
        """CPU time under an instrument that proves the instruction budget exceeded, in seconds."""
        return max(20, -(-self.max_instructions // INSTRUMENT_FLOOR))

    @property
    def model_cpu_seconds(self) -> int:
        """CPU time under the timing model that no program within its budget needs, in seconds."""
        return max(20, -(-self.max_instructions // MODEL_FLOOR))


@dataclass(frozen=True)
class CompileLimits:
    """Limits of one run of the compiler; CPU time, so that a busy host changes no verdict."""

    cpu_seconds: int = 60
    memory_bytes: int = 4096 * MIB
    file_bytes: int = 256 * MIB
    diagnostics_bytes: int = 64 * 1024
