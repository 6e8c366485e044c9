"""docs/environment.md names every variable that the code reads, and none that it does not."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "environment.md").read_text()
OURS = re.compile(r"\bPIE_[A-Z0-9_]*[A-Z0-9]\b")
OF_OURSELVES = {"PIE_FINETUNE_LAUNCHER"}
"""What one process of ours tells another."""
OF_TESTS = {"PIE_CHROMIUM", "PIE_HYPOTHESIS"}


def read_by_the_code() -> set[str]:
    found: set[str] = set()
    for folder in ("pie", "sim", "retrieval", "finetune"):
        for file in (REPOSITORY / folder).rglob("*.py"):
            asked = re.findall(r"environ(?:\.get\(|\[)\s*\"([A-Z0-9_]+)\"", file.read_text())
            found |= {name for name in asked if name.startswith("PIE_")}
    return found


def test_every_variable_of_ours_is_on_the_page_and_read_somewhere() -> None:
    named = set(OURS.findall(PAGE))
    assert {"PIE_CACHE", "PIE_SANDBOX", "PIE_PROGRESS"} <= read_by_the_code()
    assert read_by_the_code() - OF_OURSELVES - named == set()
    assert named - read_by_the_code() == OF_TESTS
