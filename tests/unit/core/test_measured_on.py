"""What is behind a label, and what two labels differ in."""

import json
from pathlib import Path

from pie.core.differences import Difference, differences, named
from pie.core.measured_on import label_of, run_settings, same, settings_beside, told
from sim.program import Language, digest_of

SETTING = {
    "machine": {"machine": "skylake", "model": "m1"},
    "toolchain": {"cpp": {"flags": "-O3"}, "python": {"start": "s"}},
    "limits": {"max_instructions": 2_000_000_000, "memory_bytes": 1},
    "budget": {"multiple": 10},
}
BOUNDED = {**SETTING, "limits": {"max_instructions": 5, "max_cycles": 9, "memory_bytes": 1}}
OTHER = {**SETTING, "toolchain": {"cpp": {"flags": "-O1"}, "python": {"start": "s"}}}


def manifest(setting: object, fingerprint: str = "f") -> dict[str, object]:
    return {"machine": {"name": "skylake", "fingerprint": fingerprint}, "setting": setting}


def test_budgets_and_other_languages_are_in_no_label() -> None:
    labels = {label_of(manifest(one), Language.CPP) for one in (SETTING, BOUNDED)}
    assert len(labels) == 1
    only = {**SETTING, "toolchain": {"cpp": {"flags": "-O3"}}}
    assert {label_of(manifest(only), Language.CPP)} == labels
    assert label_of(manifest(OTHER), Language.CPP) not in labels
    assert label_of(manifest(OTHER), Language.PYTHON) == label_of(
        manifest(SETTING), Language.PYTHON
    )


def test_labels_of_earlier_versions_are_understood(tmp_path: Path) -> None:
    """They held budgets, and those of runs all languages of the file."""
    only = {**SETTING, "toolchain": {"cpp": {"flags": "-O3"}}}
    submission = {**only}
    del submission["budget"]
    earlier = f"skylake:{digest_of(submission)[:12]}"
    parameters = {"runtimes_from": {**SETTING}}
    del parameters["runtimes_from"]["budget"]
    table = tmp_path / "measured.parquet"
    beside = table.with_name("measured.parquet.manifest.json")
    beside.write_text(json.dumps({"parameters": parameters}))
    now = label_of(manifest(SETTING), Language.CPP)
    known = {**settings_beside(table), **run_settings(manifest(only, "old"))}
    assert same(earlier, now, known)
    assert same("skylake:old", now, known)
    assert not same("skylake:unknown", now, known)
    assert told("skylake:unknown", now, known) == (
        "what is behind skylake:unknown is in no manifest beside these files"
    )


def test_what_differs_is_named_with_both_values() -> None:
    known = {**run_settings(manifest(SETTING)), **run_settings(manifest(OTHER))}
    labels = [label_of(manifest(one), Language.CPP) for one in (SETTING, OTHER)]
    assert told(labels[0], labels[1], known) == "toolchain.flags: -O3 against -O1"


def test_long_values_are_cut_to_where_they_begin_to_differ() -> None:
    left, right = "g++ " + "x" * 200 + " 12.2.0", "g++ " + "x" * 200 + " 13.1.0"
    text = str(Difference("compiler", left, right))
    assert len(text) < 160
    assert "12.2.0" in text
    assert "13.1.0" in text


def test_of_many_each_is_named_and_the_first_with_both_values() -> None:
    left, right = {str(n): n for n in range(9)}, {str(n): n + 1 for n in range(8)}
    found = named(differences("setting", left, right))
    assert found.startswith("setting.0: 0 against 1; setting.1: 1 against 2; ")
    assert found.endswith("; and also setting.6, setting.7, setting.8")
    assert str(Difference("a", None, 1)) == "a: none against 1"
