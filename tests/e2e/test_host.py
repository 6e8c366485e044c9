"""Hosts that lack something: a compiler, the simulator, the sandbox, room on the disk."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import SLOW, Pie, row, write_rows
from tests.e2e.test_bad_input import assert_refused, told

VALGRIND = ("/usr/libexec/valgrind", "/usr/lib/valgrind", "/usr/lib/x86_64-linux-gnu/valgrind")


@pytest.fixture
def only(tmp_path: Path, environment: dict[str, str]) -> "Only":
    return Only(tmp_path / "bin", environment)


class Only:
    """Makes PATH a folder of links to these programs alone."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def __call__(self, *programs: str) -> None:
        self._folder.mkdir()
        for program in programs:
            found = shutil.which(program)
            if found is None:
                pytest.skip(f"{program} is not installed")
            (self._folder / program).symlink_to(found)
        self._environment["PATH"] = str(self._folder)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "pairs.jsonl", row("p", fast=SLOW))


def in_own_mounts(script: str) -> list[str]:
    """A command prefix that runs a script in namespaces of its own before what follows."""
    prefix = ["unshare", "-Urm", "sh", "-c", f'set -e; {script}; exec "$@"', "sh"]
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this host allows no namespaces of one's own: {tried.stderr.strip()}")
    return prefix


@pytest.mark.parametrize("fresh", [True, False], ids=["fresh cache", "used cache"])
def test_without_a_compiler_the_command_that_installs_it_is_told(
    pie: Pie, pairs: Path, only: Only, environment: dict[str, str], fresh: bool
) -> None:
    if fresh:
        environment["PIE_CACHE"] = str(pairs.parent / "cache")
    else:
        assert pie("simulate", "--pairs", pairs, "--out", pairs.parent / "run").returncode == 0
    only("bwrap", "valgrind")
    assert_refused(
        pie("simulate", "--pairs", pairs), "compiler was found (g", "apt-get install g++"
    )
    (pairs.parent / "a.cpp").write_text(SLOW)
    assert_refused(
        pie("measure", "a.cpp", "-i", "a.cpp"), "compiler was found (g", "apt-get install g++"
    )


def test_a_compiler_that_is_not_there_by_name(pie: Pie, pairs: Path) -> None:
    done = pie("simulate", "--pairs", pairs, "--cxx", "g++-99")
    assert_refused(done, "no C++ compiler was found (g++-99)")


def test_without_the_simulator_the_command_that_installs_it_is_told(
    pie: Pie, pairs: Path, only: Only
) -> None:
    hide = "; ".join(f"[ ! -d {one} ] || mount -t tmpfs none {one}" for one in VALGRIND)
    prefix = in_own_mounts(hide)
    only("bwrap", "g++", "gcc", "unshare", "sh", "mount")
    done = pie("simulate", "--pairs", pairs, before=prefix)
    assert_refused(
        done, "valgrind's headers and libraries were not found", "apt-get install valgrind"
    )


def test_without_bubblewrap_it_warns_aloud_and_works(
    pie: Pie, pairs: Path, only: Only, tmp_path: Path
) -> None:
    only("g++", "gcc", "as", "ld", "valgrind")
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--json")
    assert done.returncode == 0, done.stderr
    (warning,) = told(done)
    assert warning.startswith("pie: WARNING: weaker sandbox")
    assert "bubblewrap is not installed" in warning
    assert "apt-get install bubblewrap" in warning


def test_a_run_folder_that_is_read_only(pie: Pie, pairs: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    prefix = in_own_mounts(f"mount --bind -o ro {place} {place}; mount -o remount,bind,ro {place}")
    done = pie("simulate", "--pairs", pairs, "--out", place / "run", before=prefix)
    assert_refused(done, f"the run folder {place}/run cannot be written", "--out")


def test_a_full_disk_under_the_run_folder_is_told_and_the_results_are_kept(
    pie: Pie, tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    prefix = in_own_mounts(f"mount -t tmpfs -o size=64k none {place}")
    pairs = write_rows(tmp_path / "pairs.jsonl", row("p", fast=SLOW, note="x" * 100_000))
    done = pie("simulate", "--pairs", pairs, "--out", place / "run", before=prefix)
    assert_refused(done, "the disk is full", "free some space", "kept")
    again = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run")
    assert again.returncode == 0
    assert " 0 runs measured" in again.stdout


@pytest.mark.parametrize("kibibytes", [100, 600])
@pytest.mark.parametrize("variable", ["PIE_CACHE", "TMPDIR"])
def test_a_full_disk_elsewhere_is_told_and_blamed_on_no_program(
    pie: Pie,
    tmp_path: Path,
    environment: dict[str, str],
    fresh_cache: Callable[[Path], Path],
    variable: str,
    kibibytes: int,
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    prefix = in_own_mounts(f"mount -t tmpfs -o size={kibibytes}k none {place}")
    environment["PIE_CACHE"] = str(tmp_path / "cache")
    full = {**environment, variable: str(place)}
    rows = [row(f"p{number}", fast=SLOW + f"int unused{number};\n") for number in range(3)]
    pairs = write_rows(tmp_path / "pairs.jsonl", *rows)
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", env=full, before=prefix)
    assert_refused(done, "the disk is full", "free some space")
    fresh_cache(tmp_path / "cache")
    again = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["counts"]["accepted"] == 6


def test_output_that_cannot_be_written_is_told(pie: Pie, pairs: Path, tmp_path: Path) -> None:
    script = 'exec "$@" >/dev/full'
    full = ["sh", "-c", script, "sh"]
    done = pie("simulate", "--pairs", pairs, "--out", tmp_path / "run", before=full)
    assert_refused(done, "the disk is full")


def test_a_reader_that_goes_away_is_no_error(pie: Pie, pairs: Path, tmp_path: Path) -> None:
    assert pie("simulate", "--pairs", pairs, "--out", tmp_path / "run").returncode == 0
    for form in ("table", "json", "csv", "markdown"):
        script = '"$@" | true; exit "${PIPESTATUS[0]}"'
        head = ["bash", "-c", script, "bash"]
        done = pie("report", tmp_path / "run", "--format", form, before=head)
        assert (done.returncode, done.stderr) == (0, "")
        missed = pie(
            "report", tmp_path / "run", "--format", form, "--fail-under", "1e9", before=head
        )
        assert missed.returncode == 3
    script = '"$@" 2>&1 | true; exit "${PIPESTATUS[0]}"'
    head = ["bash", "-c", script, "bash"]
    missed = pie(
        *("simulate", "--pairs", pairs, "--out", tmp_path / "run", "--fail-under", "1e9"),
        before=head,
    )
    assert missed.returncode == 3


def test_the_home_folder_holds_the_cache_unless_told_otherwise(
    pie: Pie, pairs: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    del environment["PIE_CACHE"]
    environment.pop("XDG_CACHE_HOME", None)
    environment["HOME"] = str(tmp_path / "home")
    done = pie("cache", "info")
    assert done.stdout.startswith(f"cache: {tmp_path}/home/.cache/pie\n")
    assert not (tmp_path / "home").exists(), "looking makes nothing"
