"""Whether a program did natively what the measured run did not see or does not cost.

Cycles are those of instructions in user mode. Work that is done elsewhere shows as native time that
neither the simulated time nor the counts explain, and the counts say how much they can explain at
most. User and system time are weighed alone and together. The larger of both decides what is said:
user time was hidden from the instrument, time in the kernel is merely nothing that it costs.
"""

from __future__ import annotations

from sim.jobs import MeasuredRun
from sim.judge import Judgement
from sim.verdict import Verdict

# Below this a run proves nothing, and up to this multiple of its simulated time nothing is odd:
# over 2,735 runs of real programs no native run of more than 20 ms took longer than 0.87 of it.
_SECONDS = 0.02
_RATIO = 4.0
# Where nobody told it apart, the start of an interpreter and its modules counts natively: 20 to
# 70 ms on a busy host.
_STARTUP_SECONDS = 0.3
# The slowest honest instructions, x87 remainders of huge numbers, took 102 ns each in user mode on
# a busy host (a quarter more is allowed), sines 13 ns, denormals and divisions 0.6 ns.
_USER_SECONDS_PER_INSTRUCTION = 125e-9
# A call that moves a byte takes 0.6 us at a load of 15, the first touch of a page 4.3 us on a
# virtual machine. Such a touch misses all caches, so that misses bound the pages.
_SECONDS_PER_CALL = 3e-6
_SECONDS_PER_PAGE = 10e-6
# Where an instrument counts no calls, the instructions around one bound them: 15 or so. Where it
# counts no misses, the pages in use do, and for those that come and go again the instructions.
_CALL_SECONDS_PER_INSTRUCTION = 200e-9
_PAGE_SECONDS_PER_INSTRUCTION = 500e-9
_PAGE_BYTES = 4096
# The kernel may take user from system time by samples, one in 4 ms: so much it can mistake.
_MISTAKEN_SECONDS = 0.05


def hidden_work(native: Judgement, measured: MeasuredRun) -> tuple[Verdict, str] | None:
    """Return (verdict, why) where a measured run does not explain the native one's time; or None.

    A run without cycles says nothing, nor does the part of one that met its budget. One in which
    the machine computed something else, as without extended precision, may have gone another way.
    """
    other = (Verdict.TIME_LIMIT, Verdict.UNSUPPORTED)
    if measured.cycles is None or measured.verdict in other:
        return None
    user, kernel = native.user_seconds, native.cpu_seconds - native.user_seconds
    instructions = measured.instructions or 0
    usual = _SECONDS + _RATIO * measured.seconds
    if measured.startup and not native.start_seconds:
        usual += _STARTUP_SECONDS
    of_user = _USER_SECONDS_PER_INSTRUCTION * instructions
    of_kernel = _kernel_seconds(native, measured)
    most_user = max(usual, of_user + min(of_kernel, _MISTAKEN_SECONDS))
    most_kernel = max(usual, of_kernel + min(of_user, _MISTAKEN_SECONDS))
    together = user + kernel > max(most_user, most_kernel)
    if not (user > most_user or kernel > most_kernel or together):
        return None
    if user >= kernel:
        return Verdict.TAMPERING, (
            f"{user:.2f} s of native CPU time, but only {instructions} instructions in the "
            "measured run: work was hidden from it"
        )
    return Verdict.UNSUPPORTED, (
        f"it spends its time in the kernel, which the model does not cost: {kernel:.2f} s "
        f"natively, beside {measured.seconds:.4f} s of simulated time"
    )


def _kernel_seconds(native: Judgement, measured: MeasuredRun) -> float:
    """Return the most time in the kernel that a run's counts explain."""
    counters, instructions = measured.counters, measured.instructions or 0
    if "system_calls" in counters:
        calls = _SECONDS_PER_CALL * counters["system_calls"]
    else:
        calls = _CALL_SECONDS_PER_INSTRUCTION * instructions
    misses = counters.get("l3_misses", counters.get("ll_misses"))
    if misses is not None:
        return calls + _SECONDS_PER_PAGE * misses
    in_use = native.resident_bytes / _PAGE_BYTES
    return calls + _SECONDS_PER_PAGE * in_use + _PAGE_SECONDS_PER_INSTRUCTION * instructions
