"""Files beside the rows under fire: recorded answers, tests, lists, indexes, settings.

What cannot be used is told in one sentence of ours, in whatever way it is damaged.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

pytest.importorskip("pyarrow")

from finetune import checkpoint, hosted, prompt, rows
from pie.core.dataset.split import clusters, published
from pie.core.models.model import ModelOptions
from pie.core.models.replay import ReplayModel
from pie.core.report.native_agreement import read_native
from pie.core.rows import InlineTest
from pie.core.selfplay.description import plain_text
from pie.core.test_cases import TestCases
from pie.core.training.execution import read_runs
from pie.flows.generation.options import parse_body
from retrieval import folder as index_folder
from retrieval.errors import RetrievalError
from sim.comparison import RULES, one_form
from sim.last_words import LONGEST, last_words
from sim.paths import configuration
from tests.property.test_foreign_text import OURS, attack, in_file, text_of

ROW = {
    "problem_id": "p1",
    "src_id": "s",
    "tgt_id": 7,
    "src_code": "int main() {}\n",
    "generated_answers": ["int main() {}"],
}
LINE = {
    "prompt_sha": "ab" * 16,
    "sample": 0,
    "text": "int main() {}",
    "finish_reason": "stop",
    "tokens_in": 3,
    "tokens_out": 4,
    "row": "cd" * 16,
}
RUN = {
    "problem_id": "p",
    "program": "ab",
    "test": 0,
    "verdict": "accepted",
    "seconds": 0.5,
    "kind": "run",
    "peak_memory_bytes": 4096,
}
PAIR = {
    "kind": "pair",
    "eligible": True,
    "suspicious": True,
    "problem_id": "p",
    "row": 0,
    "role": "tgt",
}
INDEX = {
    "format": 1,
    "digest": "ab",
    "encoder": {"kind": "tokens", "name": "tokens", "fingerprint": "ab", "options": {}},
    "files": {"items.jsonl": {"bytes": 1, "sha256": "ab"}},
    "count": 1,
    "dimension": 4,
    "kind": "exact",
    "normalised": True,
    "notes": {},
    "metric": "ip",
}
CHECKPOINT = {"base": "m", "step": 3, "identity": {}}
JOB = {"asked": {}, "rows": "ab", "server": "s"}
TRAINED = {"form": "chat", "end_token_ids": [2]}
TRAINING = {
    "prompt": "a",
    "completion": "b",
    "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
    "problem_id": "p",
}
SETTINGS = b'gem5 = "/opt/gem5"\n[a]\nb = [1, {c = 2}]\nd = 1979-05-27T07:32:00Z\n'
PAGE = (
    b"<!doctype html><h1>A</h1><![CDATA[x]]><script>if (a < b) {}</script><p>1 &le; n &#x41;"
    b"<!-- a --><table><tr><td>2</table><?php x ?></p>"
)
STDERR = (
    b'Traceback (most recent call last):\n  File "/pie/work/main.py", line 1, in <module>\n'
    b"ExceptionGroup: a (1 sub-exception)\n  | ValueError: \x1b[31mb\x1b[0m\n"
    b"terminate called after throwing an instance of 'std::runtime_error'\n  what():  c\n"
)
OUTPUT = b"1 2.50 -0 1e9 nan inf 9007199254740993 0x10 Yes\r\n \t\n+7 .5 5. 1_0 \xd9\xa1\n"


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in records)


def replayed(path: Path) -> None:
    model = ReplayModel(str(path), ModelOptions())
    assert model.fingerprint()["backend"] == "replay"


def case_of(path: Path) -> None:
    """The bytes are a test's input and expected output, and a name in their folder."""
    folder = path.parent / "tests" / "p"
    folder.mkdir(parents=True)
    for kind in ("input", "output"):
        (folder / f"{kind}.0.txt").write_bytes(path.read_bytes())
    strange = path.read_bytes()[:40].replace(b"/", b"").replace(b"\0", b"").strip(b".")
    if strange:
        (folder / os.fsdecode(strange)).touch()
    found = TestCases(folder.parent)
    found.check("p", [0])
    found.take("p", [0])
    (test,) = found.resolve("p", [0])
    assert test.input_path.read_bytes() == test.expected_path.read_bytes() == path.read_bytes()
    text = text_of(path.read_bytes())
    TestCases(None).resolve("p", [InlineTest(input=text, output=text)])


def problem_named(data: bytes) -> None:
    TestCases(Path("/nonexistent")).check(text_of(data), [0])


def compared(data: bytes) -> None:
    """What a program prints and what a test expects: any bytes, in whichever place."""
    for name, rule in RULES.items():
        rule.between(data, OUTPUT)
        rule.between(OUTPUT, data)
        if (
            name != "pie" and b"nan" not in data.lower()
        ):  # which equals nothing; an empty output has no line for PIE
            assert rule.between(data, data) == ""
    one_form(data)


def settings_in(path: Path) -> None:
    with mock.patch.dict(os.environ, {"PIE_CONFIG": str(path)}):
        assert isinstance(configuration(), dict)


def said(data: bytes) -> None:
    words = last_words(data)
    assert len(words) <= LONGEST
    assert words.isprintable() or not words


def runs_of(path: Path) -> None:
    read_runs(path.parent, {("p", "ab")})


def index_of(path: Path) -> None:
    index_folder.read_manifest(path.parent, check_files=True)


def items_of(path: Path) -> None:
    list(index_folder.read_items(path.parent, 2))


PARSERS: dict[str, tuple[bytes, Callable[[bytes], Any]]] = {
    "recorded answers": (lines(LINE, ROW, {**LINE, "sample": 1}), in_file("a.jsonl", replayed)),
    "test case": (OUTPUT, in_file("a.txt", case_of)),
    "problem's name": (b"p02549", problem_named),
    "output": (OUTPUT, compared),
    "error output": (STDERR, said),
    "list of problems": (b"p1\np2\n", in_file("a.txt", lambda path: published({"test": path}))),
    "rows of a part": (lines(ROW), in_file("a.jsonl", lambda path: published({"test": path}))),
    "groups of problems": (b"p1,p2\np3 p2\n", in_file("a.txt", clusters)),
    "measurements of a run": (lines(RUN, RUN), in_file("measurements.jsonl", runs_of)),
    "memory of a run": (lines(RUN, RUN), in_file("native.jsonl", runs_of)),
    "native check of a run": (lines(PAIR, RUN), in_file("native.jsonl", read_native)),
    "manifest of an index": (lines(INDEX), in_file(index_folder.MANIFEST, index_of)),
    "items of an index": (
        lines(*[{"id": "a", "text": "b", "groups": ["c"]}] * 2),
        in_file(index_folder.ITEMS, items_of),
    ),
    "fields of a request": (
        b'{"top_k": 50, "a": [1.5, null]}',
        lambda data: parse_body(text_of(data)),
    ),
    "settings": (SETTINGS, in_file("config.toml", settings_in)),
    "page of a problem": (PAGE, lambda data: plain_text(text_of(data))),
    "rows of a training": (
        lines(TRAINING),
        in_file("a.jsonl", lambda path: list(rows.read_rows(path))),
    ),
    "form of a model": (lines(TRAINED), in_file("prompt_form.json", prompt.read_record)),
    "checkpoint": (
        lines(CHECKPOINT),
        in_file(checkpoint.MANIFEST, lambda path: checkpoint.read_progress(path.parent)),
    ),
    "job of a service": (lines(JOB), in_file("a.json", hosted.read_job)),
}
REFUSALS = (*OURS, RetrievalError)


@pytest.mark.parametrize("name", PARSERS)
def test_a_foreign_file_is_read_or_refused_in_one_sentence(name: str) -> None:
    attack(*PARSERS[name], 60, REFUSALS)


@pytest.mark.prove
@pytest.mark.parametrize("name", PARSERS)
def test_ten_thousand_foreign_files_are_read_or_refused_in_one_sentence(name: str) -> None:
    attack(*PARSERS[name], 10_000, REFUSALS)
