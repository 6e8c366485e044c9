"""`pie dataset check`: every reference program on its own tests, and nothing measured."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pie.cli.app import app
from pie.cli.exits import Exit
from pie.core.problem import InputError
from pie.flows.dataset import check
from sim.machines.native import Native
from sim.setting import Setting
from sim.verdict import Verdict

DOUBLES = "print(2 * int(input()))\n"
ALSO_DOUBLES = "n = int(input())\nprint(n + n)\n"
ADDS = "print(int(input()) + 2)\n"


def row(number: int, src: str, tgt: str, **more: Any) -> str:
    fields = {
        "problem_id": f"p{number}",
        "language": "python",
        "src_id": f"s{number}",
        "tgt_id": f"t{number}",
        "src_code": src,
        "tgt_code": tgt,
        "tests": [{"input": "3\n", "output": "6\n"}],
        **more,
    }
    return json.dumps(fields) + "\n"


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PIE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "pairs.jsonl"
    path.write_text(
        row(0, DOUBLES, ALSO_DOUBLES, generated_answers=[ADDS])
        + row(1, DOUBLES, ADDS)
        + "\n"
        + "not JSON\n"
        + row(2, "print(1 / 0)\n", DOUBLES)
        + row(3, ALSO_DOUBLES, DOUBLES)
    )
    return path


def request(pairs: Path, **more: Any) -> check.Request:
    return check.Request(pairs, Setting(Native()), jobs=1, **more)


def silent(_number: int, _of: str) -> None:
    pass


def test_each_program_that_fails_is_named_with_its_line_and_a_remedy(pairs: Path) -> None:
    checked = check.run(request(pairs), silent)
    failures = [(one.line, one.role, one.id, one.verdict) for one in checked.failures]
    assert failures == [
        (2, "tgt", "t1", Verdict.WRONG_ANSWER),
        (5, "src", "s2", Verdict.RUNTIME_ERROR),
    ]
    assert all(one.remedy and one.detail for one in checked.failures)
    assert [one.line for one in checked.left_out] == [4]
    assert not checked.sound


def test_the_counts_add_up_and_generations_are_not_judged(pairs: Path) -> None:
    document = check.run(request(pairs), silent).as_dict()
    rows = dict(document["rows"])
    assert rows.pop("lines") == sum(rows.values()) == 5
    assert rows == {"accepted": 2, "failed": 2, "not_drawn": 0, "left_out": 1}
    # Each program once a problem: two in p0, p1, p2 and p3.
    assert sum(document["programs"].values()) == 8
    assert document["programs"] == {"accepted": 6, "wrong_answer": 1, "runtime_error": 1}


def test_what_was_judged_is_not_judged_again(pairs: Path) -> None:
    first = check.run(request(pairs), silent)
    again = check.run(request(pairs), silent)
    assert again.as_dict() == first.as_dict()
    assert again.jobs_reused == 16  # a build and a judgement for each of eight programs
    nothing_kept = check.run(request(pairs, use_cache=False), silent)
    assert nothing_kept.as_dict() == first.as_dict()


def test_rows_are_drawn_the_same_way_each_time(pairs: Path) -> None:
    drawn = check.run(request(pairs, samples=2), silent)
    assert drawn.as_dict() == check.run(request(pairs, samples=2), silent).as_dict()
    assert (drawn.rows_accepted + drawn.rows_failed, drawn.rows_not_drawn) == (2, 2)
    first = check.run(request(pairs, limit=1), silent)
    assert (first.rows_accepted, first.rows_failed, first.rows_not_drawn) == (1, 0, 0)
    assert first.lines == 1
    # A broken line is a row of the first ones too, as it is for `pie simulate`.
    third = check.run(request(pairs, limit=3), silent)
    assert (third.lines, len(third.left_out), third.rows_not_drawn) == (3, 1, 0)
    assert check.run(request(pairs, samples=99), silent).rows_not_drawn == 0


def test_a_file_without_a_usable_row_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("[]\n")
    with pytest.raises(InputError, match="line 1: the line is not a JSON object"):
        check.run(request(path), silent)


def test_every_verdict_but_accepted_has_a_remedy() -> None:
    for verdict in Verdict:
        assert check.Failure(1, "p", "src", None, verdict, "").remedy


@pytest.mark.parametrize(
    ("src", "language", "remedy"),
    [
        ("import no_such_module_here\n", "python", "install it for /"),
        ("x = [0] * 10**10\n", "python", "raise --memory-limit"),
        (
            "int many[30000][30000]; int main(int n, char **) { return many[n][n]; }",
            "cpp",
            "leave the row out: no limit is large enough",
        ),
    ],
)
def test_the_remedy_helps_against_what_failed(
    pairs: Path, src: str, language: str, remedy: str
) -> None:
    pairs.write_text(row(0, src, src, language=language))
    (first, _) = check.run(request(pairs), silent).failures
    assert first.remedy.startswith(remedy)


def test_the_command_tells_what_to_do_and_exits_with_three(pairs: Path) -> None:
    done = CliRunner().invoke(app, ["dataset", "check", "--pairs", str(pairs), "-j", "1"])
    assert done.exit_code == Exit.THRESHOLD
    assert f"{pairs}:2: p1 tgt t1: wrong_answer (test inline.0: token 1 is '5'" in done.stdout
    assert f"{pairs}:4: left out: the line is not JSON" in done.stdout
    assert "           2 rows of which source and target are accepted" in done.stdout
    as_json = CliRunner().invoke(
        app, ["dataset", "check", "--pairs", str(pairs), "-j", "1", "--json"]
    )
    assert as_json.exit_code == Exit.THRESHOLD
    assert json.loads(as_json.stdout)["rows"]["failed"] == 2


def test_a_sound_file_exits_with_zero(pairs: Path) -> None:
    arguments = ["dataset", "check", "--pairs", str(pairs), "-j", "1"]
    pairs.write_text(row(0, DOUBLES, ALSO_DOUBLES))
    assert CliRunner().invoke(app, arguments).exit_code == Exit.OK
