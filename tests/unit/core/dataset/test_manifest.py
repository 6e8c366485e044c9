"""What a step leaves: counts that add up, and whether it has to be done again."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pie.core.dataset.manifest import Counts, Step, earlier_manifest, fingerprint
from pie.core.problem import InputError


@pytest.fixture
def step(tmp_path: Path) -> Step:
    (tmp_path / "in").write_text("in")
    (tmp_path / "out").write_text("out")
    return Step("tag", tmp_path / "out", {"pairs": tmp_path / "in"}, {"size": 3})


def test_counts_that_do_not_add_up_are_a_bug_of_ours() -> None:
    assert Counts("rows", 3, 2, Counter(broken=1)).as_dict()["in"] == 3
    with pytest.raises(AssertionError):
        Counts("rows", 3, 1, Counter(broken=1)).as_dict()


def again(step: Step, **changes: Any) -> dict[str, Any] | None:
    given = {"name": step.name, "output": step.output, "inputs": step.inputs}
    return Step(**{**given, "parameters": step.parameters, **changes}).done()


def test_the_same_step_is_done_and_any_other_is_not(step: Step, tmp_path: Path) -> None:
    assert step.done() is None
    made = step.finish(Counts())
    assert again(step) == json.loads(json.dumps(made)) == earlier_manifest(step.output)
    assert again(step, name="hq") is None
    assert again(step, parameters={"size": 4}) is None
    (tmp_path / "in").write_text("IN")
    assert again(step) is None
    (tmp_path / "in").write_text("in")
    assert again(step)
    (tmp_path / "out").write_text("OUT")
    assert again(step) is None
    (tmp_path / "out").unlink()
    assert again(step) is None


def test_a_damaged_manifest_is_none(step: Step) -> None:
    for text in ("", "[]", "{"):
        step.manifest_path.write_text(text)
        assert step.done() is None
        assert earlier_manifest(step.output) == {}


def test_the_fingerprint_of_a_folder_is_of_names_and_contents(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "b").write_text("1")
    first = fingerprint(folder)
    assert (first["bytes"], fingerprint(folder)) == (1, first)
    (folder / "a" / "b").write_text("2")
    assert fingerprint(folder) != first
    (folder / "a" / "b").write_text("1")
    (folder / "a" / "b").rename(folder / "b")
    assert fingerprint(folder) != first


def test_an_output_that_is_an_input_is_refused_by_whatever_name(tmp_path: Path) -> None:
    given = tmp_path / "rows"
    given.write_text("rows")
    (tmp_path / "link").symlink_to("rows")
    (tmp_path / "out.left_out.jsonl").write_text("rows")
    inputs = {"pairs": given}
    for name in ("rows", "link", "../" + tmp_path.name + "/rows"):
        with pytest.raises(InputError, match=r"is an input of this step too \(pairs\)"):
            Step("hq", tmp_path / name, inputs, {}).claim()
    with pytest.raises(InputError, match="is an input"):
        Step("split", tmp_path / "folder", inputs, {}).claim(tmp_path / "other", given)
    with pytest.raises(InputError, match="is an input"):
        Step("hq", tmp_path / "out", {"pairs": tmp_path / "out.left_out.jsonl"}, {}).claim()
    assert given.read_text() == "rows"


def test_a_file_that_no_step_made_is_not_written_over(step: Step) -> None:
    with pytest.raises(InputError, match="was not made by this command; give another place"):
        step.claim()
    step.output.unlink()
    step.claim()
    assert step.done() is None
    step.output.write_text("half")
    step.claim()  # a step that was killed between its output and its manifest goes on
    step.finish(Counts())
    step.claim()
    assert step.done()


def test_what_another_step_made_is_not_written_over(step: Step, tmp_path: Path) -> None:
    step.finish(Counts())
    before = step.manifest_path.read_bytes()
    other = Step("hq", step.output, step.inputs, {})
    with pytest.raises(InputError, match="not made by this command, but by `pie dataset tag`"):
        other.claim()
    with pytest.raises(InputError, match="but by `pie dataset tag`"):
        other.claim(tmp_path / "new")  # its folder would be the other's, and so its manifest
    assert (step.output.read_text(), step.manifest_path.read_bytes()) == ("out", before)
    Step("tag", step.output, step.inputs, {"size": 99}).claim()
    step.output.unlink()
    other.claim()
    assert earlier_manifest(step.output)["step"] == "hq"
