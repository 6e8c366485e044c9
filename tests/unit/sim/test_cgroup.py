"""Memory is limited by control groups where one can be made, and what is left of them goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim import cgroup, judge, native_guest, sandbox
from sim.errors import MachineFailure
from sim.limits import MIB, Limits
from sim.program import Build, Language
from sim.toolchain import Toolchain
from sim.verdict import Verdict

LIMITS = Limits(
    max_instructions=2_000_000_000, memory_bytes=128 * MIB, output_bytes=MIB, file_bytes=8 * MIB
)
MAPS_MORE_THAN_IT_USES = """#include <cstdio>
#include <sys/mman.h>
int main() {
    const long size = 400l << 20;
    char *arena = static_cast<char *>(
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (arena == MAP_FAILED) return std::puts("refused"), 0;
    for (long at = 0; at < size; at += 32 << 20) arena[at] = 1;
    std::puts("mapped");
}
"""
TOUCHES_IT_ALL = """#include <cstring>
#include <cstdlib>
int main() {
    char *block = static_cast<char *>(std::malloc(300 << 20));
    if (!block) std::abort();
    for (int i = 0; i < 300; i++) std::memset(block + (i << 20), 1, 1 << 20);
    return block[5] - 1;
}
"""
# Two thirds of its memory and all of its files at once: within both limits.
MEMORY_AND_FILES = """#include <cstdio>
#include <cstdlib>
#include <cstring>
int main() {
    std::FILE *file = std::fopen("/tmp/full", "w");
    static char block[1 << 20];
    for (int i = 0; i < 7; i++) std::fwrite(block, 1, sizeof block, file);
    std::fflush(file);
    char *more = static_cast<char *>(std::malloc(115 << 20));
    std::memset(more, 1, 115 << 20);
    return more[77] - 1;
}
"""

resident = pytest.mark.skipif(
    cgroup.kind() == "address space", reason=f"needs control groups: {cgroup.why_address_space()}"
)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What was found out about this host is forgotten, before and after."""
    where = cgroup.where
    where.cache_clear()
    monkeypatch.setattr(cgroup, "_idle", [])
    yield monkeypatch
    where.cache_clear()


def verdict(built: Build) -> Verdict:
    ended = sandbox.run(
        native_guest.guest_for(built, Toolchain()), native_guest.allowance_for(LIMITS)
    )
    return judge.verdict_of(ended, LIMITS)[0]


@resident
def test_a_program_may_map_more_than_it_uses_but_not_use_more(build: Callable[..., Build]) -> None:
    guest = native_guest.guest_for(build(MAPS_MORE_THAN_IT_USES), Toolchain())
    assert sandbox.run(guest, native_guest.allowance_for(LIMITS)).stdout == b"mapped\n"
    touching = build(TOUCHES_IT_ALL)
    ended = sandbox.run(
        native_guest.guest_for(touching, Toolchain()), native_guest.allowance_for(LIMITS)
    )
    assert (ended.out_of_memory, ended.signal) == (True, signal.SIGKILL)
    assert judge.verdict_of(ended, LIMITS) == (Verdict.MEMORY_LIMIT, "more than 128 MiB in use")


@resident
def test_a_kill_by_the_limit_is_no_evidence_against_the_next_run(
    build: Callable[..., Build],
) -> None:
    bomb, killed = build(TOUCHES_IT_ALL), build("#include <csignal>\nint main() { raise(9); }")
    assert [verdict(bomb), verdict(killed), verdict(bomb)] == [
        *(Verdict.MEMORY_LIMIT, Verdict.RUNTIME_ERROR, Verdict.MEMORY_LIMIT),
    ]


def test_memory_and_files_within_their_limits_do_not_meet_the_groups(
    build: Callable[..., Build],
) -> None:
    assert verdict(build(MEMORY_AND_FILES)) is Verdict.ACCEPTED


@resident
def test_a_script_is_bounded_too(build: Callable[..., Build]) -> None:
    script = "blocks = [bytearray(8 << 20) for _ in range(8)]\nprint(len(blocks))\n"
    assert verdict(build(script, Language.PYTHON)) is Verdict.ACCEPTED
    assert verdict(build(script.replace("range(8)", "range(40)"), Language.PYTHON)) is (
        Verdict.MEMORY_LIMIT
    )


def test_without_groups_address_space_is_limited_and_the_reason_is_told(
    build: Callable[..., Build], fresh: pytest.MonkeyPatch
) -> None:
    fresh.setenv("PIE_CGROUP", "none")
    assert cgroup.kind() == "address space"
    assert "PIE_CGROUP=none" in cgroup.why_address_space()
    guest = native_guest.guest_for(build(MAPS_MORE_THAN_IT_USES), Toolchain())
    assert sandbox.run(guest, native_guest.allowance_for(LIMITS)).stdout == b"refused\n"


def test_the_kind_of_limit_decides_results_so_it_is_in_keys_and_manifests(
    fresh: pytest.MonkeyPatch,
) -> None:
    from sim.machines.cachegrind import Cachegrind
    from sim.setting import Setting

    contexts = []
    for kind in ("resident pages", "address space"):
        fresh.setattr(cgroup, "kind", lambda kind=kind: kind)
        setting = Setting(Cachegrind())
        assert setting.fingerprint([])["memory"] == kind
        contexts.append(setting.judge_context())
    assert contexts[0] != contexts[1]


V1 = "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n"
V2 = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n"


def test_groups_are_looked_for_from_the_own_one_upwards() -> None:
    own = "5:cpu:/x\n4:memory:/a/b\n0::/user.slice/app.scope\n"
    found = [(str(one.folder), one.version) for one in cgroup.candidates(V1 + V2, own)]
    assert found == [
        ("/sys/fs/cgroup/memory/a/b", 1),
        ("/sys/fs/cgroup/memory/a", 1),
        ("/sys/fs/cgroup/memory", 1),
        ("/sys/fs/cgroup/user.slice/app.scope", 2),
        ("/sys/fs/cgroup/user.slice", 2),
        ("/sys/fs/cgroup", 2),
    ]
    assert list(cgroup.candidates("", own)) == []


def test_a_folder_that_controls_no_memory_is_no_place_and_is_left_clean(
    tmp_path: Path, fresh: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"cgroup2 {tmp_path} cgroup2 rw 0 0\n")
    own = tmp_path / "own"
    own.write_text("0::/\n")
    fresh.setattr(cgroup, "_MOUNTS", mounts)
    fresh.setattr(cgroup, "_OWN", own)
    assert cgroup.where() is None
    assert "Delegate=yes" in cgroup.why_address_space()
    assert sorted(tmp_path.iterdir()) == [mounts, own]


def test_version_2_is_limited_by_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pie.0000000000000000"
    monkeypatch.setattr(cgroup.secrets, "token_hex", lambda _: "0" * 16)
    mkdir = Path.mkdir

    def made(path: Path) -> None:
        mkdir(path)
        for name in ("memory.max", "memory.swap.max", "cgroup.procs"):
            (path / name).touch()
        (path / "memory.events").write_text("low 0\nmax 7\noom 2\noom_kill 1\n")

    monkeypatch.setattr(cgroup.Path, "mkdir", made)
    group = cgroup.Group(cgroup.Place(tmp_path, 2))
    group.limit_to(5 << 20)
    assert (folder / "memory.max").read_text() == str(5 << 20)
    assert (folder / "memory.swap.max").read_text() == "0"
    assert group.kills() == 1


@resident
def test_a_group_that_cannot_be_used_is_our_failure_and_not_a_weaker_limit(
    fresh: pytest.MonkeyPatch,
) -> None:
    place = cgroup.where()
    assert place is not None
    cgroup._remove_all(os.getpid())
    fresh.setattr(cgroup, "where", lambda: cgroup.Place(place.folder / "gone", place.version))
    with pytest.raises(MachineFailure, match="PIE_CGROUP=none"), cgroup.membership(1 << 30):
        pass


OWNER = """
import os, sys
from sim import cgroup
with cgroup.membership(1 << 30) as stay:
    assert stay is not None
    print(stay._group._folder, flush=True)
    if sys.argv[1] == "dies":
        os.kill(os.getpid(), 9)
    os.close(stay.descriptor)
"""


@resident
@pytest.mark.parametrize("end", ["dies", "ends"])
def test_groups_go_with_their_owner_or_at_the_next_start(end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OWNER, end],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    left = Path(done.stdout.strip())
    assert left.name.startswith("pie."), done.stderr
    assert left.exists() == (end == "dies")
    with cgroup.membership(1 << 30) as stay:
        assert stay is not None
        os.close(stay.descriptor)
        cgroup.sweep(left.parent)
        assert stay._group._folder.exists(), "a group in use is left"
    assert not left.exists()


@resident
def test_a_guest_holds_no_way_into_its_group(build: Callable[..., Build]) -> None:
    built = build(
        "#include <fcntl.h>\nint main() { for (int fd = 3; fd < 4096; fd++)"
        " if (fcntl(fd, F_GETFD) != -1) return fd; }"
    )
    assert verdict(built) is Verdict.ACCEPTED
