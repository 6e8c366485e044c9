"""What a run says by its own files and `pie report --json`, for who holds its page against it."""

from __future__ import annotations

import functools
import json
import math
import statistics
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pie.cli.app import app
from pie.core.page.distribution import THRESHOLDS
from pie.core.page.document import MOST_TESTS
from pie.core.page.program_runs import RunsByProgram
from pie.core.report.explanation import GROUPS
from pie.core.report.pair_rows import read_pairs
from sim.program import Language, Program
from tests.unit.core.metrics.pie_means import optimised_share_at_k

ROWS, GENERATIONS, TESTS = 90, 3, MOST_TESTS + 3
"""Of the made-up run."""
NONE = "\u2013"


def rounded(value: float, digits: int) -> str:
    """Round as JavaScript does: ties go up."""
    return str(Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def written(value: Any, form: str) -> str:
    """Write a number as the page does."""
    if value is None:
        return NONE
    if isinstance(value, str):
        return value.replace("_", " ")
    if form == "times":
        return f"{rounded(value, 3)}x"
    if form == "percent":
        return f"{rounded(100 * value, 1)}%"
    if form == "cost":
        return rounded(value / 1e-3, 4)
    if form == "whole":
        return f"{value:,}"
    return f"{value:g}"


class Run:
    """The run as its own files and `pie report --json` tell it, and not as the page does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = CliRunner().invoke(app, ["report", str(folder), "--json"])
        assert told.exit_code == 0
        self.report = json.loads(told.stdout)
        self.rows = [json.loads(line) for line in (folder / "pairs.jsonl").open()]
        self.pairs = list(read_pairs(folder / "pairs.jsonl"))
        self.lines: dict[tuple[str, str], list[Any]] = {}
        for line in map(json.loads, (folder / "measurements.jsonl").open()):
            self.lines.setdefault((line["problem_id"], line["program"]), []).append(line)
        self.runs = RunsByProgram(folder / "measurements.jsonl")

    def ratio(self, row: dict[str, Any]) -> float | None:
        """Source / fastest accepted answer."""
        times = [one["agg_runtime"] for one in row["generations"] if one["agg_runtime"]]
        return row["src_agg_runtime"] / min(times) if times and row["src_agg_runtime"] else None

    def selected(self, chosen: list[dict[str, Any]], what: str) -> Any:
        """A number of some rows together, by the definitions of the report."""
        scored = [row for row in chosen if row["src_agg_runtime"]]
        speedups = [max(1.0, self.ratio(row) or 1.0) for row in scored]
        correct = [any(g["agg_runtime"] for g in row["generations"]) for row in chosen]
        if what == "rows":
            return len(chosen)
        if what == "problems":
            return len({row["problem_id"] for row in chosen})
        if what == "scored":
            return len(scored)
        if what == "correct":
            return sum(correct) / len(correct)
        if what == "optimised":
            return sum((self.ratio(row) or 0) >= 1.1 for row in scored) / len(scored)
        return {
            "speedup": statistics.fmean,
            "median": statistics.median,
            "geometric_mean": lambda values: math.exp(statistics.fmean(map(math.log, values))),
        }[what](speedups)

    def value(self, path: str, chosen: list[dict[str, Any]]) -> Any:
        """Return the number that a place of the page names."""
        first, *rest = path.split("/")
        if first == "report":
            value = self.report
            for key in rest:
                value = value[int(key)] if isinstance(value, list) else value[key]
                if value is None:
                    return None
            return value
        if first == "most":
            return GENERATIONS
        if first == "threshold":
            return 1.1
        if first == "programs":
            return sum(self.report["verdicts"][rest[0]].values())
        if first == "thresholds":
            return THRESHOLDS[int(rest[0])]
        if first == "lines" and rest[1] == "optimised":
            threshold = THRESHOLDS[int(rest[2])]
            k = {1: 1, 2: GENERATIONS}.get(int(rest[0]))
            if k is None:
                return self.targets(threshold)
            return optimised_share_at_k(self.pairs, k, threshold)
        if first == "cycles":
            return self.cycles(*rest)
        if first == "failures":
            return self.failing(rest)
        if first == "selection":
            return self.selected(chosen, rest[0])
        if first == "rows" and not rest:
            return len(self.rows)
        if first == "rows":
            return self.cell(int(rest[0]), rest[1])
        if first == "pair":
            return self.fact(int(rest[0]), *rest[1:])
        assert first == "tests", path
        return self.test(int(rest[0]), rest[1], *rest[2:])

    @functools.cache  # noqa: B019 - a run of one test module
    def cycles(self, side: str, part: str = "", share: str = "") -> Any:
        """Cycles by part over the rows with a source and an accepted answer."""
        rows = [row for row in self.rows if self.ratio(row)]
        if side == "rows":
            return len(rows)
        sums = dict.fromkeys(GROUPS, 0.0)
        for row in rows:
            times = [one["agg_runtime"] or math.inf for one in row["generations"]]
            answer = row["generated_answers"][times.index(min(times))]
            text = row["src_code"] if side == "before" else answer
            for name, cycles in self.split(row["problem_id"], text).items():
                sums[name] += cycles
        return sums[part] / sum(sums.values()) if share else round(sums[part])

    def split(self, problem: str, text: str) -> dict[str, float]:
        """The cycles of a program by part, from its own lines."""
        digest = Program(Language.CPP, text).digest
        mine = [line for line in self.lines[problem, digest] if line["cycles"]]
        return {
            name: sum(line["counters"][f"slots_{cause}"] for line in mine for cause in causes) / 4
            for name, causes in GROUPS.items()
        }

    def failing(self, rest: list[str]) -> Any:
        """A number of Table 5, counted here by verdicts and tests passed."""
        programs = [
            (row["src_agg_runtime"], one) for row in self.rows for one in row["generations"]
        ]
        known = [(source, one) for source, one in programs if source]
        if rest[0] == "not_counted":
            return len(programs) - len(known)
        done = [one for source, one in known if one["agg_runtime"]]
        optimised = sum(
            source / one["agg_runtime"] >= 1.1 for source, one in known if one["agg_runtime"]
        )
        if rest[0] == "optimised":
            return optimised
        wrong = {
            "failed to compile": lambda one: one["verdict"] == "compile_error",
            "compiled, 95-100% of tests wrong": lambda one: (
                one["verdict"] not in ("accepted", "compile_error")
            ),
        }
        if rest[1] in wrong:
            number = sum(wrong[rest[1]](one) for _source, one in known)
        else:
            ratios = [source / one["agg_runtime"] for source, one in known if one["agg_runtime"]]
            low, high = {
                "correct, slower than the source": (0, 0.995),
                "correct, same speed as the source": (0.995, 1.005),
                "correct, faster, but not by the threshold": (1.005, 1.1),
            }[rest[1]]
            number = sum(low <= ratio < high for ratio in ratios)
        assert len(done) <= len(known)
        return number / (len(known) - optimised) if rest[2:] else number

    def targets(self, threshold: float) -> float:
        """%Opt of the targets, each as the only generation."""
        scored = [row for row in self.rows if row["src_agg_runtime"]]
        ratios = [row["src_agg_runtime"] / (row["tgt_agg_runtime"] or math.inf) for row in scored]
        return sum(ratio >= threshold for ratio in ratios) / len(ratios)

    def cell(self, number: int, what: str) -> Any:
        """A cell of the table of pairs."""
        row = self.rows[number]
        if what == "number":
            return number + 1
        if what in ("source", "target"):
            side = {"source": "src", "target": "tgt"}[what]
            return row[f"{side}_agg_runtime"] or row[f"{side}_verdict"]
        if what == "human":
            times = row["src_agg_runtime"], row["tgt_agg_runtime"]
            return times[0] / times[1] if all(times) else None
        if what == "ratio":
            return self.ratio(row)
        assert what == "accepted"
        accepted = sum(one["verdict"] == "accepted" for one in row["generations"])
        return f"{accepted}/{len(row['generations'])}"

    def program(self, number: int, role: str) -> tuple[str, dict[str, Any]]:
        """The text of a program, and what the row says of it."""
        row = self.rows[number]
        if role in ("source", "target"):
            side = {"source": "src", "target": "tgt"}[role]
            told = {key: row[f"{side}_{key}"] for key in ("agg_runtime", "verdict")}
            return row[f"{side}_code"], told
        place = int(role.removeprefix("generation_"))
        return row["generated_answers"][place], row["generations"][place]

    def fact(self, number: int, role: str, what: str = "", part: str = "") -> Any:
        """A number of the view of one pair."""
        if role in ("tests", "of_tests"):
            return MOST_TESTS if role == "tests" else TESTS
        text, told = self.program(number, role)
        if what == "seconds":
            return told["agg_runtime"]
        if what == "speedup":
            source = self.rows[number]["src_agg_runtime"]
            return source / told["agg_runtime"] if source and told["agg_runtime"] else None
        if what == "passed":
            return f"{told['tests_passed']}/{told['tests']}"
        digest = Program(Language.CPP, text).digest
        runs = self.runs.of(self.rows[number]["problem_id"], digest)
        if what == "split":
            split = self.split(self.rows[number]["problem_id"], text)
            return split[part] / sum(split.values()) if told["agg_runtime"] else None
        return {"cycles": runs.cycles, "instructions": runs.instructions}[what]

    def test(self, number: int, role: str, name: str, speedup: str = "") -> Any:
        """A cell of the table of tests."""

        def seconds(which: str) -> Any:
            digest = Program(Language.CPP, self.program(number, which)[0]).digest
            run = self.runs.of(self.rows[number]["problem_id"], digest).tests.get(name)
            return run and run[1]

        if speedup:
            source, other = seconds("source"), seconds(role)
            return source / other if source and other else None
        verdict = self.program(number, role)[1]["verdict"]
        return seconds(role) or (None if verdict == "compile_error" else verdict)
