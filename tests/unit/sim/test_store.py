"""Results are kept once, found again, and survive a kill, a full disk and a damaged file loudly."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.errors import InputError
from sim.store import Store

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "results.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def test_a_value_comes_back_as_it_was_put_also_after_reopening(path: Path) -> None:
    value = {"cycles": 2**70, "text": "\u00e9\n\0", "list": [1.5, None, True], "none": None}
    first = Store(path)
    first.put("key", "measure", value)
    first.close()
    again = Store(path)
    assert again.get("key") == value
    assert again.get("other") is None
    again.close()


def test_putting_a_key_twice_keeps_the_first_value(store: Store) -> None:
    assert store.put("key", "build", 1)
    assert not store.put("key", "build", 2)
    assert store.get("key") == 1
    assert store.counts() == {"build": 1}


def test_a_batch_keeps_what_was_there_and_tells_which(store: Store, path: Path) -> None:
    assert store.put_all([("a", "measure", 1), ("b", "measure", 2)]) == set()
    other = Store(path)
    other.put("d", "measure", "another's")
    batch = [(key, "measure", f"new {key}") for key in ("c", "b", "d", "e")]
    assert store.put_all(batch) == {"b", "d"}
    assert [other.get(key) for key in "abcde"] == [1, 2, "new c", "another's", "new e"]
    other.close()


def test_a_file_without_row_numbers_answers_the_same(path: Path) -> None:
    path.parent.mkdir()
    made = sqlite3.connect(path)
    made.execute(
        "CREATE TABLE results (key TEXT PRIMARY KEY, kind TEXT NOT NULL, "
        "payload TEXT NOT NULL, created REAL NOT NULL) WITHOUT ROWID"
    )
    made.execute("PRAGMA user_version=1")
    made.execute("INSERT INTO results VALUES ('a', 'build', '[1]', 0)")
    made.commit()
    made.close()
    store = Store(path)
    assert store.get("a") == [1]
    assert store.put_all([("a", "build", 2), ("b", "build", 3)]) == {"a"}
    assert store.get_all(["a", "b", "c"]) == {"a": "[1]", "b": "3"}
    assert store.prune(3600) == 1
    store.close()


def test_counts_are_by_kind_and_pruning_takes_the_old_ones(store: Store) -> None:
    for number in range(5):
        store.put(f"b{number}", "build", number)
    store.put("m", "measure", 1)
    assert store.counts() == {"build": 5, "measure": 1}
    assert store.prune(3600) == 0
    time.sleep(0.01)
    assert store.prune(0) == 6
    assert store.counts() == {}
    assert store.get("b1") is None


def test_two_drivers_share_one_file(path: Path, store: Store) -> None:
    other = Store(path)
    store.put("a", "build", 1)
    other.put("b", "build", 2)
    assert (other.get("a"), store.get("b")) == (1, 2)
    other.close()


WRITER = """
import sys
from pathlib import Path
from sim.store import Store
store = Store(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 1 << 30):
    store.put(f"key {number}", "measure", {"number": number, "padding": "x" * (number % 3000)})
    print(number, flush=True)
"""


def test_no_acknowledged_result_is_lost_when_the_writer_is_killed(path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    rng = random.Random(7)
    done = -1
    for _ in range(6):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(done + 1)],
            env=env,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdout is not None
            wait = rng.randint(1, 400)
            for line in writer.stdout:
                done = int(line)
                wait -= 1
                if wait == 0:
                    writer.send_signal(signal.SIGKILL)
        assert writer.returncode == -signal.SIGKILL
    store = Store(path)
    for number in range(done + 1):
        kept = store.get(f"key {number}")
        assert kept == {"number": number, "padding": "x" * (number % 3000)}
    assert store.counts()["measure"] in (done + 1, done + 2)  # the last one may be unacknowledged
    store.close()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_log_cut_anywhere_loses_the_end_but_never_half_a_result(
    path: Path, tmp_path: Path
) -> None:
    store = Store(path)
    for number in range(20):
        store.put(f"key {number}", "measure", {"number": number})
    database, log = path.read_bytes(), path.with_name(path.name + "-wal").read_bytes()
    store.close()
    rng = random.Random(3)
    for index, cut in enumerate(sorted(rng.sample(range(len(log)), 25))):
        copy = tmp_path / f"{index}.sqlite"
        copy.write_bytes(database)
        copy.with_name(copy.name + "-wal").write_bytes(log[:cut])
        again = Store(copy)
        kept = [again.get(f"key {number}") for number in range(20)]
        alive = sum(one is not None for one in kept)
        assert kept == [{"number": n} for n in range(alive)] + [None] * (20 - alive)
        again.put("key 19", "measure", {"number": 19})
        assert again.get("key 19") == {"number": 19}
        again.close()


def test_a_file_that_is_no_cache_says_what_to_do(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is not a database " * 1000)
    with pytest.raises(InputError, match=r"is damaged .*delete that file and run again"):
        Store(path)


def test_a_damaged_page_is_told_and_not_read_as_a_result(path: Path) -> None:
    store = Store(path)
    for number in range(500):
        store.put(f"key {number}", "measure", {"number": number, "padding": "y" * 100})
    store.close()
    image = bytearray(path.read_bytes())
    for at in range(4096, len(image), 4096):
        image[at : at + 100] = os.urandom(100)
    path.write_bytes(image)
    with pytest.raises(InputError, match=r"is damaged|cannot be used"):
        read_all(path, 500)


def read_all(path: Path, count: int) -> None:
    """Open and read; a value that comes back must be the one that was put."""
    store = Store(path)
    for number in range(count):
        value = store.get(f"key {number}")
        assert value is None or value["number"] == number


def test_a_payload_that_is_no_json_is_told_as_damage(path: Path, store: Store) -> None:
    store.put("key", "measure", {"number": 1})
    raw = sqlite3.connect(path)
    raw.execute("UPDATE results SET payload = '{\"number\": '")
    raw.commit()
    raw.close()
    with pytest.raises(InputError, match="damaged"):
        store.get("key")


def test_a_cache_of_another_version_is_left_alone(path: Path) -> None:
    Store(path).close()
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version=99")
    raw.close()
    with pytest.raises(InputError, match=r"another version.*PIE_CACHE"):
        Store(path)
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (99,)


@pytest.mark.parametrize("blocked", ["/proc/cache/results.sqlite", "/dev/null/results.sqlite"])
def test_a_folder_that_cannot_be_written_says_what_to_do(blocked: str) -> None:
    with pytest.raises(InputError, match=r"PIE_CACHE.*--no-cache"):
        Store(Path(blocked))


def test_a_read_only_file_says_what_to_do(path: Path) -> None:
    store = Store(path)
    store.close()
    # Asked of SQLite itself: permissions of the file system do not stop root.
    again = Store(path)
    again._db.execute("PRAGMA query_only=1")
    with pytest.raises(InputError, match="cannot be used"):
        again.put("key", "measure", 1)
    again.close()


def test_a_store_held_by_another_process_says_so(path: Path, store: Store) -> None:
    store._db.execute("PRAGMA busy_timeout=50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(InputError, match="held by another process"):
        store.put("key", "measure", 1)
    other.execute("ROLLBACK")
    other.close()
    store.put("key", "measure", 1)
    assert store.get("key") == 1


FULL = """
import sys
from pathlib import Path
from sim.errors import InputError
from sim.store import Store
store = Store(Path(sys.argv[1]) / "results.sqlite")
done = 0
try:
    while True:
        store.put(f"key {done}", "measure", "x" * 2000)
        done += 1
except InputError as error:
    assert "the disk is full" in str(error), error
    assert "whatever was measured before is kept" in str(error), error
assert done > 50, done
assert all(store.get(f"key {n}") == "x" * 2000 for n in range(done))
(Path(sys.argv[1]) / "ballast").unlink()
store.put("afterwards", "measure", 1)
assert store.get("afterwards") == 1
store.close()
print("held")
"""


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path) -> None:
    script = (
        f'mount -t tmpfs -o size=2m none "{tmp_path}" && '
        f'head -c 1000000 /dev/zero > "{tmp_path}/ballast" && exec "$0" -c "$1" "{tmp_path}"'
    )
    done = subprocess.run(
        ["unshare", "-Urm", "/bin/sh", "-c", script, sys.executable, FULL],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("needs a small file system of its own, and mounting is not allowed here")
    assert done.stdout == "held\n", done.stderr
