"""A program that leaves out the start of the process is told apart, end to end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.rewards import speed_reward
from tests.unit.flows.dataset.codenet import rows_of

pytestmark = pytest.mark.slow

SOURCE = """#include <cstdio>
int main() { long n, s = 0; scanf("%ld", &n);
  for (long i = 0; i < 300; ++i) { s = (s * 31 + n) % 1000003; }
  printf("%ld\\n", s * 0 + n + 1); }
"""
NO_START = """
static long call(long n, long a, long b, long c) {
  long r;
  asm volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}
extern "C" int __libc_start_main(...) {
  static char b[64];
  long n = call(0, 0, (long)b, 63), v = 0;
  for (long i = 0; i < n; ++i) if (b[i] >= '0') v = v * 10 + (b[i] - '0');
  ++v;
  char o[24]; int at = 24;
  o[--at] = '\\n';
  do o[--at] = '0' + v % 10; while (v /= 10);
  call(1, 1, (long)(o + at), 24 - at);
  call(231, 0, 0, 0);
  __builtin_unreachable();
}
int main() {}
"""


def test_an_answer_without_a_start_has_no_net_speedup_and_no_reward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    tests = [{"input": f"{n}\n", "output": f"{n + 1}\n"} for n in (4, 10)]
    row = {"problem_id": "p", "src_id": "s", "tgt_id": "t", "src_code": SOURCE,
           "tgt_code": SOURCE, "generated_answers": [NO_START], "tests": tests}  # fmt: skip
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text(json.dumps(row) + "\n")
    run = tmp_path / "run"
    words = ["simulate", "--pairs", pairs, "--machine", "counts", "--out", run]
    done = CliRunner().invoke(app, [*map(str, words)])
    assert done.exit_code == 0, done.output
    (made,) = rows_of(run / "pairs.jsonl")
    (answer,) = made["generations"]
    assert (answer["verdict"], answer["marks"]) == ("accepted", ["below_start"])
    assert made["src_agg_runtime"] / answer["agg_runtime"] > 5, "it looks much faster"
    assert made["net_speedup"] == 1.0
    told = CliRunner().invoke(app, ["report", str(run), "--format", "json"])
    (best,) = json.loads(told.stdout)["best_at"]
    assert best["speedup"]["value"] > 5
    assert best["net"]["speedup"]["value"] == 1.0
    with speed_reward(machine="counts", jobs=1) as reward:
        columns = {"problem_id": ["p"], "src_code": [SOURCE], "tests": [tests]}
        assert reward([NO_START], **columns) == [0.0]
        assert reward([SOURCE], **columns) == [1.0]
