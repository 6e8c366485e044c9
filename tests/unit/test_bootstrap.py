"""scripts/bootstrap against machines that lack this or that, played by stand-in commands."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
COMMANDS = ["sh", "cat", "cksum", "cp", "dirname", "env", "grep", "mkdir", "mktemp", "tail", "rm"]
SYSTEM_TOOLS = ["g++", "valgrind", "bwrap"]
MEND = "apt-get update && apt-get install -y --no-install-recommends"

# Makes a .venv whose python logs how it was called.
PYTHON = """
case "$*" in
    -V) echo "Python 3.11.2" ;;
    "-m venv .venv") mkdir .venv/bin && cp "$0" .venv/bin/python ;;
    *"-m pip"*) echo "$*" >> pip.log ;;
    *ensurepip*) exit ${NO_ENSUREPIP:-0} ;;
    *python%d.%d-venv*) echo python3.11-venv ;;
esac
"""


class Machine:
    """A checkout and a PATH on which only the given commands exist."""

    def __init__(self, root: Path) -> None:
        self.path = root / "bin"
        self.path.mkdir()
        for tool in COMMANDS:
            found = shutil.which(tool)
            assert found
            (self.path / tool).symlink_to(found)
        self.checkout = root / "a check out"
        (self.checkout / "scripts").mkdir(parents=True)
        for name in ("scripts/bootstrap", "pyproject.toml", "constraints.txt"):
            shutil.copy(REPOSITORY / name, self.checkout / name)
        self.command("python3", PYTHON)
        self.command("id", "echo 0")
        for tool in SYSTEM_TOOLS:
            self.command(tool)

    def command(self, name: str, body: str = "") -> None:
        (self.path / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.path / name).chmod(0o755)

    def without(self, *names: str) -> None:
        for name in names:
            (self.path / name).unlink()

    def bootstrap(self, purpose: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["scripts/bootstrap", purpose],
            cwd=self.checkout,
            env={"PATH": str(self.path), "TMPDIR": str(self.checkout), **env},
            capture_output=True,
            text=True,
            timeout=600,
        )

    def pip_calls(self) -> list[str]:
        log = self.checkout / "pip.log"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [call.partition("-c constraints.txt ")[2] for call in calls]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_simulate_installs_the_light_core_once(machine: Machine) -> None:
    assert machine.bootstrap("simulate").returncode == 0
    assert machine.pip_calls() == ["--quiet -e ."]
    again = machine.bootstrap("simulate")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert machine.pip_calls() == []


def test_torch_is_asked_for_first_and_by_its_exact_version(machine: Machine) -> None:
    assert machine.bootstrap("test").returncode == 0
    assert machine.pip_calls() == ["torch==2.13.0", "--quiet -e .[all,dev]"]


def test_the_full_installation_serves_every_purpose(machine: Machine) -> None:
    machine.bootstrap("test")
    machine.pip_calls()
    for purpose in ("simulate", "check", "test"):
        assert machine.bootstrap(purpose).returncode == 0
    assert machine.pip_calls() == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_dependency_is_installed(machine: Machine, name: str) -> None:
    machine.bootstrap("simulate")
    machine.pip_calls()
    with (machine.checkout / name).open("a") as file:
        file.write("# changed\n")
    machine.bootstrap("simulate")
    assert machine.pip_calls() == ["--quiet -e ."]


def test_a_moved_checkout_gets_a_new_venv(machine: Machine) -> None:
    machine.bootstrap("simulate")
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("elsewhere"))
    assert "making .venv" in machine.bootstrap("simulate").stderr


def test_another_interpreter_gets_a_new_venv_only_when_asked_for(machine: Machine) -> None:
    shutil.copy(machine.path / "python3", machine.path / "python3.12")
    machine.bootstrap("simulate", PYTHON="python3.12")
    assert machine.bootstrap("simulate").stderr == ""
    assert "making .venv" in machine.bootstrap("simulate", PYTHON="python3").stderr


def test_a_failed_installation_is_not_taken_for_done(machine: Machine) -> None:
    machine.command("python3", PYTHON.replace("echo", "exit 1; echo"))
    assert machine.bootstrap("simulate").returncode == 1
    machine.command("python3", PYTHON)
    shutil.rmtree(machine.checkout / ".venv")
    assert machine.bootstrap("simulate").returncode == 0
    assert machine.pip_calls() == ["--quiet -e ."]


def test_a_venv_of_the_users_own_is_left_alone(machine: Machine) -> None:
    (machine.checkout / ".venv").mkdir()
    (machine.checkout / ".venv" / "precious").touch()
    result = machine.bootstrap("simulate")
    assert result.returncode == 1
    assert "mv .venv .venv.old" in result.stderr
    assert (machine.checkout / ".venv" / "precious").exists()


def test_an_old_python_is_refused_in_one_sentence(machine: Machine) -> None:
    machine.command("python3", 'case "$*" in -V) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    result = machine.bootstrap("simulate")
    assert result.returncode == 1
    assert result.stderr == (
        "bootstrap: Python 3.11 or newer is needed and python3 is Python 3.9.2; "
        "name another: make PYTHON=python3.12\n"
    )


def test_missing_packages_are_installed_by_root(machine: Machine) -> None:
    machine.without("valgrind", "bwrap")
    machine.command("apt-get", 'echo "$*" >> apt.log')
    assert machine.bootstrap("simulate", NO_ENSUREPIP="1").returncode == 0
    log = (machine.checkout / "apt.log").read_text()
    assert log.endswith("--no-install-recommends valgrind bubblewrap python3.11-venv\n")


def test_missing_packages_are_installed_through_sudo(machine: Machine) -> None:
    machine.without("g++")
    machine.command("id", "echo 1000")
    machine.command("apt-get", "exit 1")
    machine.command("sudo", 'echo "$*" >> sudo.log')
    assert machine.bootstrap("simulate").returncode == 0
    assert "--no-install-recommends g++\n" in (machine.checkout / "sudo.log").read_text()


def test_the_linters_need_no_compiler(machine: Machine) -> None:
    machine.without(*SYSTEM_TOOLS)
    assert machine.bootstrap("check").returncode == 0
    assert machine.pip_calls() == ["--quiet -e .[models,dev]"]


def test_without_root_and_sudo_one_line_says_what_to_run(machine: Machine) -> None:
    machine.without(*SYSTEM_TOOLS)
    machine.command("id", "echo 1000")
    machine.command("apt-get")
    result = machine.bootstrap("simulate", NO_ENSUREPIP="1")
    packages = "g++ valgrind bubblewrap python3.11-venv"
    assert result.returncode == 1
    assert result.stderr == (
        f"bootstrap: missing: {packages}; run this as root, then make again: {MEND} {packages}\n"
    )


def test_without_a_network_the_last_line_says_what_to_run(machine: Machine) -> None:
    machine.without("g++")
    machine.command("apt-get", "echo no route to host; exit 100")
    result = machine.bootstrap("simulate")
    assert result.returncode == 1
    assert result.stderr.endswith(
        "no route to host\nbootstrap: apt-get could not install g++; "
        f"with a network, run this, then make again: {MEND} g++\n"
    )


def test_without_apt_the_missing_packages_are_named(machine: Machine) -> None:
    machine.without("g++", "valgrind")
    result = machine.bootstrap("simulate")
    assert result.returncode == 1
    assert result.stderr.startswith("bootstrap: missing: g++ valgrind; there is no apt-get here")
    assert len(result.stderr.splitlines()) == 1


def test_ci_runs_what_people_run() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make check test"
