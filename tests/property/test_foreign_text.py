"""Every parser of foreign text under fire: what it cannot use is told in one sentence of ours.

Each case is a valid text that was damaged, or any bytes. The normal run tries a few; `-m prove`
tries 10,000 for each parser.
"""

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("pyarrow")
pytest.importorskip("tree_sitter_cpp")

import pyarrow
from pyarrow import parquet

from finetune import recipe
from finetune.errors import FinetuneError
from pie.core.answers.answer_store import AnswerStore
from pie.core.answers.extraction import extract
from pie.core.answers.fences import blocks
from pie.core.calibration.reference_results import read_reference
from pie.core.dataset.manifest import Step, earlier_manifest, manifest_beside
from pie.core.dataset.submission import NEEDED
from pie.core.dataset.table import read as read_table
from pie.core.dataset.test_sources import contest_tests, problem_of
from pie.core.models.openai_wire import error_message, read_reply
from pie.core.plan import plan
from pie.core.problem import RowProblem
from pie.core.report.pair_rows import ReportError
from pie.core.report.report import read_report
from pie.core.rows import parse_object, parse_row
from pie.core.run_folder import load_json
from pie.core.test_cases import TestCases
from sim import annotation, policy
from sim.annotation import Counts
from sim.errors import SimError
from sim.executable_image import static_bytes
from sim.machines import cachegrind, gem5_statistics
from sim.machines.gem5_statistics import Tampered
from sim.machines.skylake import Skylake
from sim.program import Language

GEM5 = Path(__file__).parents[1] / "unit/sim/machines/gem5_answers/accepted.json.gz"
ROW = json.dumps(
    {
        "problem_id": "p1",
        "src_id": "s",
        "tgt_id": 7,
        "language": "C++14 (GCC 5.4.1)",
        "src_code": "int main() {}\n",
        "tgt_code": "int main() { }\n",
        "tests": [0, {"input": "1", "output": "2"}],
        "generated_answers": "['int main() {}']",
    }
).encode()
TABLE = dict.fromkeys(NEEDED, "1") | {"language": "C++", "status": "Accepted", "code": "int a;"}
CSV = (",".join(TABLE) + "\n" + ",".join(f'"{value}"' for value in TABLE.values()) + "\n").encode()
ANSWER = (
    b"1. Faster:\n\n   ```cpp title=x\n   #include <cstdio>\n   #define M int main()\n"
    b'   M { puts(R"(`)"); }\n   ```\n> ~~~py\n> >>> n = int(input())\n> ~~~\n</think>\nIt is.'
)
REPLY = json.dumps(
    {
        "model": "m",
        "choices": [
            {"index": 0, "message": {"content": [{"type": "text", "text": "a"}]}, "text": "b"},
            {"index": 1, "finish_reason": "stop", "error": {"code": 5, "message": "too long"}},
        ],
        "usage": {"prompt_tokens": "12", "completion_tokens": 3.0},
    }
).encode()
RECIPE = b"model: m\ndata: rows.jsonl\nlora: {rank: 8, targets: [q, v]}\nlearning_rate: 1e-4\n&a *a"
CONTEST = json.dumps(
    {
        "name": "p02549 AtCoder",
        "public_tests": {"input": ["1"], "output": ["2"]},
        "private_tests": [{"input": "1", "output": None}],
    }
).encode()
MANIFEST = json.dumps(
    {
        "schema_version": 1,
        "machine": {"name": "skylake", "fingerprint": "ab"},
        "rows": 3,
        "rows_left_out": 0,
        "pairs_file": "x",
        "sandbox": "full",
        "output": {"name": "a", "sha256": "b"},
    }
).encode()
RESULT = json.dumps(
    {
        "problem_id": "p",
        "src_verdict": "accepted",
        "src_agg_runtime": 1.0,
        "tgt_verdict": "accepted",
        "tgt_agg_runtime": 0.5,
        "generations": [{"verdict": "accepted", "agg_runtime": 0.25, "detail": ""}],
    }
).encode()
STORED = json.dumps({"key": "ab" * 16, "text": "int main() {}"}).encode() + b"\n"
REFERENCE = json.dumps(
    {
        "problem_id": "p",
        "test": 0,
        "sha": "0123456789abcdef",
        "cycles": 5,
        "insts": 6,
        "role": "src",
    }
).encode()
CACHEGRIND = (
    b"==1== I   refs:      1,234\n==1== I1  misses:     12\n==1== LLi misses:     11\n"
    b"==1== D   refs:      500  (400 rd   + 100 wr)\n==1== D1  misses:   5  (4 rd + 1 wr)\n"
    b"==1== LLd misses:   3  (2 rd + 1 wr)\n==1== Branches:   90  (80 cond + 10 ind)\n"
    b"==1== Mispredicts:   9  (8 cond + 1 ind)\n"
)
SKYLAKE = (
    b'{"ended": "exit", "instructions": 10, "cycles": 20, "micro_operations": 15}\n'
    b"addresses 401000,5,6,7,8,9,1 40100a,1,2,3,4,5,6\n"
)
PLACES = b"0x0000000000401000\nmain\nmain.cpp:3\nf(int)\n/usr/include/x.h:5 (discriminator 2)\n"
LISTING = b"main.o:     file format elf64\n\n   0:\t0f 04 55 00 \t(bad)\n   4:\tc3\tret\n"
ELF = b"\x7fELF\x02\x01\x01" + bytes(57) + bytes(range(200))
WORDS = [
    b"null", b"-1", b"1e999", b"NaN", b'"', b"\\ud800", b"[" * 3000, b"{" * 3000, b"\n", b"\r",
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"9" * 5000, b"```", b"~~~", b">", b"- ", b"\t", b",",
    b"true", b"<<: *a", b"!!python/object:os.system", b"&a [*a]", b"ended", b"==1== I   refs: 0\n",
    b"---------- End Simulation Statistics   ----------", b"nan", b"0x", b"{}", b"[]", b'""', b"0",
]  # fmt: skip


def _parquet() -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table({name: [value] for name, value in TABLE.items()}), buffer)
    return buffer.getvalue()


@dataclass(frozen=True)
class Edit:
    """Bytes that take the place of a part of a text."""

    place: int
    removed: int
    put: bytes


EDITS = st.lists(
    st.builds(
        Edit,
        st.integers(0, 1 << 16),
        st.integers(0, 24) | st.integers(0, 1 << 16),
        st.sampled_from(WORDS) | st.binary(max_size=6),
    ),
    max_size=4,
)


def damaged(valid: bytes) -> st.SearchStrategy[bytes]:
    """Valid bytes with a few parts replaced, or any bytes."""

    def made(edits: list[Edit]) -> bytes:
        text = valid
        for edit in edits:
            at = edit.place % (len(text) + 1)
            text = text[:at] + edit.put + text[at + edit.removed :]
        return text

    return EDITS.map(made) | st.binary(max_size=200)


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def in_file(name: str, call: Callable[[Path], object]) -> Callable[[bytes], None]:
    def parse(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(data)
            call(path)

    return parse


def report_of(path: Path) -> None:
    (path.parent / "manifest.json").write_bytes(MANIFEST)
    read_report(path.parent)


def report_by_manifest(path: Path) -> None:
    (path.parent / "pairs.jsonl").write_bytes(RESULT + b"\n")
    read_report(path.parent)


def step_of(path: Path) -> None:
    output = path.with_name("out.jsonl")
    manifest_beside(output).write_bytes(path.read_bytes())
    earlier_manifest(output)
    Step("pairs", output, {}, {}).done()


def stored(path: Path) -> None:
    store = AnswerStore(path)
    store.add([{"key": "cd" * 16, "text": "b"}])
    store.close()


def contest(data: bytes) -> None:
    row = parse_object(data)
    problem_of(row)
    list(contest_tests(row))


def answer(data: bytes) -> None:
    list(blocks(text_of(data)))
    for language in Language:
        extract(text_of(data), language, cut_off=True)


def places(data: bytes) -> None:
    counts = dict.fromkeys((0x401000, 5), Counts(1, 2, 3, 4, 5, 6))
    annotation.summed(text_of(data), sorted(counts), counts, 10)


def executable(data: bytes) -> None:
    static_bytes(data)
    policy.tampering(data)
    policy.clock_dependent(data)
    policy.may_address_simulator(data)


def planned(path: Path) -> None:
    plan(path, TestCases(None))


def reply_of(data: bytes) -> None:
    """The parser of replies says what is wrong with a plain ValueError."""
    try:
        read_reply(data)
    except ValueError as error:
        if type(error) is not ValueError:
            raise
        raise RowProblem(str(error)) from error


GEM5_ANSWER = json.loads(gzip.decompress(GEM5.read_bytes()))["text"].encode()
PARSERS: dict[str, tuple[bytes, Callable[[bytes], Any]]] = {
    "row": (ROW, parse_row),
    "rows of a file": (ROW + b"\n" + ROW + b"\n", in_file("rows.jsonl", planned)),
    "table of CSV": (CSV, in_file("a.csv", lambda path: list(read_table(path)))),
    "table of JSONL": (
        json.dumps(TABLE).encode() + b"\n",
        in_file("a.jsonl", lambda path: list(read_table(path))),
    ),
    "table of Parquet": (_parquet(), in_file("a.parquet", lambda path: list(read_table(path)))),
    "answer": (ANSWER, answer),
    "server's reply": (REPLY, reply_of),
    "server's error": (REPLY, error_message),
    "recipe": (RECIPE, in_file("recipe.yaml", lambda path: recipe.load(str(path)))),
    "tests of code_contests": (CONTEST, contest),
    "manifest of a step": (MANIFEST, in_file("a.json", step_of)),
    "JSON of a folder": (MANIFEST, in_file("a.json", load_json)),
    "rows of a run": (RESULT + b"\n" + RESULT + b"\n", in_file("pairs.jsonl", report_of)),
    "manifest of a run": (MANIFEST, in_file("manifest.json", report_by_manifest)),
    "stored answers": (STORED + STORED, in_file("answers.jsonl", stored)),
    "reference results": (REFERENCE + b"\n", in_file("a.jsonl", read_reference)),
    "log of cachegrind": (CACHEGRIND, cachegrind.read_counters),
    "log of skylake": (SKYLAKE, Skylake().read_counters),
    "addresses of skylake": (SKYLAKE, annotation.read_addresses),
    "answer of gem5": (GEM5_ANSWER, lambda data: gem5_statistics.read(text_of(data))),
    "answer of addr2line": (PLACES, places),
    "listing of objdump": (LISTING, policy.addresses_simulator),
    "executable": (ELF, executable),
}
OURS: tuple[type[Exception], ...] = (SimError, RowProblem, FinetuneError, ReportError, Tampered)


def attack(
    valid: bytes,
    parse: Callable[[bytes], object],
    cases: int,
    refusals: tuple[type[Exception], ...] = OURS,
) -> None:
    """Have a parser read what a few edits make of a valid text, and any bytes."""

    @settings(max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damaged(valid))
    def survives(data: bytes) -> None:
        try:
            parse(data)
        except refusals as error:
            problem = str(error)
        else:
            return
        assert problem
        assert "\n" not in problem

    survives()


@pytest.mark.parametrize("name", PARSERS)
def test_foreign_text_is_read_or_refused_in_one_sentence(name: str) -> None:
    attack(*PARSERS[name], 60)


@pytest.mark.prove
@pytest.mark.parametrize("name", PARSERS)
def test_ten_thousand_foreign_texts_are_read_or_refused_in_one_sentence(name: str) -> None:
    attack(*PARSERS[name], 10_000)
