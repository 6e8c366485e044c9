"""The texts of evidence that templates show: failed tests, errors, execution results, overhead."""

from __future__ import annotations

from pie.core.refinement.evidence import Evidence, PublicTest, TestEvidence
from sim.verdict import Verdict

_LONGEST = 2_000
"""Characters of one input or output in a prompt; a test of megabytes would fill every context."""
_CUT = " ... ({} more characters)"
_MEGABYTE = 1e6
_UNPARSED = frozenset(
    {
        Verdict.COMPILE_ERROR,
        Verdict.NO_CODE,
        Verdict.TIME_LIMIT,
        Verdict.MEMORY_LIMIT,
        Verdict.OUTPUT_LIMIT,
    }
)


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return a text, cut with a word on how much is missing."""
    if len(text) <= longest:
        return text
    return text[:longest] + _CUT.format(f"{len(text) - longest:,}")


def failure_kind(evidence: Evidence | None) -> str:
    """Return PerfCodeGen's kind of a failure: failed_testcase, runtime_error or parse_error."""
    if evidence is None or evidence.verdict in _UNPARSED:
        return "parse_error"
    failed = evidence.failed()
    if failed is not None and failed.verdict is Verdict.WRONG_ANSWER:
        return "failed_testcase"
    return "runtime_error" if failed is not None else "parse_error"


def failed_test(one: TestEvidence) -> str:
    """Return PerfCodeGen's text of a failed test: with what was printed, if it was."""
    lines = [f"Input: {shortened(one.test.given)}"]
    if one.printed is not None and one.verdict is Verdict.WRONG_ANSWER:
        lines.append(f"Your Outputs: {shortened(one.printed)}")
    lines.append(f"Expected Outputs: {shortened(one.test.expected)}")
    return "\n".join(lines) + "\n"


def costly_test(one: TestEvidence) -> str:
    """Return PerfCodeGen's text of the test that cost the most."""
    return f"Input: {shortened(one.test.given)}\nExpected Outputs: {shortened(one.test.expected)}\n"


def public_tests(tests: tuple[PublicTest, ...]) -> str:
    """Return all public tests as text."""
    return "\n".join(
        f"Input:\n{shortened(one.given)}\nOutput:\n{shortened(one.expected)}" for one in tests
    )


def execution_results(evidence: Evidence) -> str:
    """Return ECCO's text of an execution: verdict, then time and memory by test, then errors.

    The published text says "correct across all test cases" where the server failed to answer, since
    only errors that were recorded counted; here the verdicts decide.
    """
    passed = [one for one in evidence.tests if one.verdict is Verdict.ACCEPTED]
    failed = [one for one in evidence.tests if one.verdict is not Verdict.ACCEPTED]
    if evidence.correct:
        lines = ["Your solution was functionally CORRECT across ALL test cases!"]
    elif passed:
        lines = [f"Your solution was INCORRECT and passed {len(passed)} test cases."]
    else:
        lines = [
            "Your solution was FULLY INCORRECT and passed 0 test cases. This could either be a "
            "flaw in logic or a syntax error. Please see error logs."
        ]
    if passed:
        lines += ["", "Here are the run time and memory that your code utilized for each test case"]
    for number, one in enumerate(evidence.tests):
        if passed and one.seconds is not None:
            lines += [
                f"-- Stats for test case {number} --",
                f"Correct: {'PASSED' if one.verdict is Verdict.ACCEPTED else 'FAILED'}",
                f"Run time: {seconds(one.seconds)} s",
                f"Memory: {one.peak_bytes // 1024} KB",
            ]
    if failed or not evidence.correct:
        lines.append("Here are the error logs for the failed test cases")
    if not evidence.tests and evidence.detail:
        lines.append(shortened(evidence.detail))
    for number, one in enumerate(evidence.tests):
        if one.verdict is not Verdict.ACCEPTED:
            lines += [f"-- Error log for failed test case {number} --", _error(one)]
    return "\n".join(lines) + "\n"


def _error(one: TestEvidence) -> str:
    if one.verdict is Verdict.WRONG_ANSWER and one.printed is not None:
        return (
            f"Wrong Answer: {shortened(one.printed.strip())} "
            f"Expected Answer: {shortened(one.test.expected.strip())}"
        )
    return shortened(one.detail or str(one.verdict))


def usage_lines(evidence: Evidence) -> list[str]:
    """Return SOAP's three numbers as its sentences, without those that nobody measured."""
    lines = []
    if evidence.memory_time is not None:
        used = f"{evidence.memory_time:.4g}"
        lines.append(f"The total memory usage during the code execution is: {used} MB*s.")
    if evidence.seconds is not None:
        lines.append(f"The total execution time is: {seconds(evidence.seconds)} s.")
    if evidence.peak_bytes:
        peak = f"{evidence.peak_bytes / _MEGABYTE:.4g}"
        lines.append(f"The maximum memory peak requirement is: {peak} MB.")
    return lines


def seconds(value: float) -> str:
    """Return seconds with four digits that count, without an exponent."""
    text = f"{value:.4g}"
    return f"{value:.10f}".rstrip("0") if "e" in text else text
