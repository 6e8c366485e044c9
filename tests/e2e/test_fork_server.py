"""A forked command is as one that was started: the same streams, codes and worker processes."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import PIE, row, sums, write_rows
from tests.e2e.fork_server import ForkServer


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("simulate", "--pairs", "pairs.jsonl", "-m", "counts", "--out", "run", "-j", "2"),
        ("simulate", "--pairs", "pairs.jsonl", "--no-such-option"),
        ("report", "nowhere"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_it_ends_and_prints_as_the_script_does(
    words: tuple[str, ...], fork_server: ForkServer, environment: dict[str, str], tmp_path: Path
) -> None:
    seen = []
    for name in ("script", "forked"):
        folder = tmp_path / name
        write_rows(folder / "pairs.jsonl", row("p", tests=sums(3)))
        if name == "script":
            done = subprocess.run(
                [PIE, *words], cwd=folder, env=environment, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
        else:
            done = fork_server.run(list(words), folder, environment, 600)
        said = done.stderr.replace(str(folder), "")
        seen.append((done.returncode, len(done.stdout.splitlines()), said))
    assert seen[0] == seen[1]


def test_what_does_not_end_is_killed_and_the_next_one_runs(
    fork_server: ForkServer, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "endless.cpp").write_text("int main() { for (;;); }\n")
    with pytest.raises(subprocess.TimeoutExpired):
        fork_server.run(["measure", "endless.cpp"], tmp_path, environment, 0.2)
    assert fork_server.run(["--help"], tmp_path, environment, 600).returncode == 0


def test_another_start_of_the_interpreter_is_no_forks_work(
    fork_server: ForkServer, environment: dict[str, str]
) -> None:
    assert fork_server.can_run(environment)
    assert not fork_server.can_run({**environment, "PYTHONHASHSEED": "7"})
