"""docs/threats.md names what is there, and all of it."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
HOSTILE = REPOSITORY / "tests" / "golden" / "hostile"
LINES = (REPOSITORY / "docs" / "threats.md").read_text("utf-8").splitlines()
ROWS = [line.split(" | ") for line in LINES if line.count(" | ") == 3 and "---" not in line]
NAMED = re.compile(r"`([^`]+)`")


def test_every_threat_has_a_defence_a_test_that_exists_and_programs_that_exist() -> None:
    threats = ROWS[1:]
    assert len(threats) >= 20
    for threat, defence, proofs, programs in threats:
        assert defence, threat
        assert NAMED.findall(proofs), threat
        for proof in NAMED.findall(proofs):
            file, _, test = proof.partition("::")
            text = (REPOSITORY / file).read_text("utf-8")
            assert f"def {test}(" in text, proof
        for program in NAMED.findall(programs):
            assert (HOSTILE / program / "verdict.json").is_file(), program


def test_every_hostile_program_is_named() -> None:
    named = {program for row in ROWS for program in NAMED.findall(row[-1])}
    named |= {name for line in LINES for name in NAMED.findall(line) if line.startswith("- ")}
    assert {folder.name for folder in HOSTILE.iterdir()} - named == set()


def test_what_is_not_defended_is_said() -> None:
    said = LINES[LINES.index("## Not defended") :]
    assert sum(line.startswith("- **") for line in said) >= 5
