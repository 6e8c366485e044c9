"""`pie` in a process of its own that need not import it again: two thirds of a short command.

A server imports what the commands use, calls nothing of it, and forks for each command. The forked
process has the folder, environment, streams and arguments of the command; its worker processes
begin as those of the installed script.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCRIPT = Path(sysconfig.get_path("scripts")) / "pie"
_REQUEST = 1 << 20
# Read by an interpreter at its start, so a command that changes one needs its own.
AT_START = ("PYTHONPATH", "PYTHONHASHSEED", "LANG", "LC_ALL", "LC_CTYPE", "PYTHONUNBUFFERED")


class ForkServer:
    """Runs commands one at a time."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _REQUEST)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.e2e.fork_server", str(theirs.fileno())],
                cwd=Path(__file__).parents[2],
                pass_fds=[theirs.fileno()],
            )
        self._at_start = {name: os.environ.get(name) for name in AT_START}

    def can_run(self, environment: dict[str, str]) -> bool:
        """Tell whether a command in this environment starts as in the server's."""
        return {name: environment.get(name) for name in AT_START} == self._at_start

    def run(
        self, words: list[str], cwd: Path, environment: dict[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Return how `pie` with these words ended. TimeoutExpired, and it is killed."""
        command = [str(SCRIPT), *words]
        out, err = (os.memfd_create(name) for name in ("stdout", "stderr"))
        nothing = os.open(os.devnull, os.O_RDONLY)
        with os.fdopen(out, "rb") as stdout, os.fdopen(err, "rb") as stderr:
            request = json.dumps([command, str(cwd), environment]).encode()
            assert len(request) < _REQUEST // 2
            socket.send_fds(self._ours, [request], [nothing, out, err])
            os.close(nothing)
            pid = int(self._ours.recv(64))
            self._ours.settimeout(timeout)
            try:
                code = int(self._ours.recv(64))
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                self._ours.settimeout(None)
                self._ours.recv(64)
                raise subprocess.TimeoutExpired(command, timeout) from None
            finally:
                self._ours.settimeout(None)
            said = [file.seek(0) or file.read().decode() for file in (stdout, stderr)]
        return subprocess.CompletedProcess(command, code, *said)

    def close(self) -> None:
        self._ours.close()
        self._process.wait()


def import_all() -> None:
    """Import every module of the commands that needs no library of an extra."""
    for name in ("pie.cli", "pie.core", "pie.flows", "sim"):
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            if module.name.startswith("sim.guest."):  # scripts of the sandbox: they run when read
                continue
            with contextlib.suppress(ImportError):  # a library of an extra is not installed
                importlib.import_module(module.name)
    assert threading.active_count() == 1


def serve(requests: socket.socket) -> list[str] | None:
    """Fork for each request; return in the forked process, with the command, and at the end."""
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(requests, _REQUEST, 3)
        if not message:
            return None
        pid = os.fork()
        if not pid:
            requests.close()
            return become(*json.loads(message), descriptors)
        for one in descriptors:
            os.close(one)
        requests.send(str(pid).encode())
        _pid, status = os.waitpid(pid, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())


def become(
    command: list[str], cwd: str, environment: dict[str, str], descriptors: list[int]
) -> list[str]:
    """Make this process one that has just started the script."""
    for number, one in enumerate(descriptors):
        os.dup2(one, number)
        os.close(one)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    main: Any = types.ModuleType("__main__")
    main.__file__ = command[0]
    sys.modules["__main__"] = main
    sys.argv = command
    sys.path[0] = str(SCRIPT.parent)
    return command


def ended(main: Callable[[], Any]) -> int:
    """Run to the end as an interpreter does, but leave out to take all modules down: it is long."""
    try:
        code = main()
    except SystemExit as exit_:
        code = exit_.code
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    if code is not None and not isinstance(code, int):
        print(code, file=sys.stderr)
        code = 1
    try:
        sys.stdout.flush()
    except OSError:
        return 120
    return code or 0


if __name__ == "__main__":
    import_all()
    gc.collect()
    gc.freeze()  # a forked process leaves the pages of what is imported alone
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        from pie.cli import main

        os._exit(ended(main))
