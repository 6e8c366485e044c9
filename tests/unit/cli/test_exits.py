"""Every way that a command can end has its exit code and at most one sentence."""

import errno
import io
import os
import re
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Group
from rich.table import Table

from pie.cli.exits import Exit, printing, say, show, told
from pie.core.report.pair_rows import ReportError
from sim.errors import InputError, MissingTool


def end_of(result: int | BaseException) -> int:
    """Run a command that returns or raises this; return its exit code."""

    def command() -> int:
        if isinstance(result, BaseException):
            raise result
        return result

    with pytest.raises(typer.Exit) as caught:
        told(command)()
    return caught.value.exit_code


def test_the_codes_are_what_the_manual_says() -> None:
    assert {one.name: one.value for one in Exit} == {
        "OK": 0,
        "INPUT": 1,
        "USAGE": 2,
        "THRESHOLD": 3,
        "NOT_MEASURED": 4,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }


@pytest.mark.parametrize("code", [Exit.OK, Exit.THRESHOLD, Exit.NOT_MEASURED])
def test_a_command_ends_with_what_it_returns(code: Exit) -> None:
    assert end_of(code) == code


@pytest.mark.parametrize(
    ("error", "told_as"),
    [
        (InputError("the file x is empty", "give another"), "the file x is empty; give another"),
        (MissingTool("no valgrind", "install it"), "no valgrind; install it"),
        (ReportError("no run here"), "no run here"),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x"),
            "Permission denied (/x); check the path and its permissions",
        ),
    ],
)
def test_a_mistake_of_the_user_is_one_sentence_and_one(
    error: Exception, told_as: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(error) == Exit.INPUT
    assert capsys.readouterr() == ("", f"pie: {told_as}\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_told_with_what_to_do(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert end_of(OSError(number, os.strerror(number), "/run/pairs.jsonl")) == Exit.INPUT
    text = capsys.readouterr().err
    assert text.startswith("pie: the disk is full (/run/pairs.jsonl); free some space")
    assert "kept" in text


def test_an_interrupt_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert end_of(KeyboardInterrupt()) == Exit.INTERRUPTED
    assert capsys.readouterr().err == "pie: interrupted\n"


@pytest.mark.parametrize("code", [Exit.OK, Exit.THRESHOLD, Exit.NOT_MEASURED])
@pytest.mark.parametrize("error", [None, BrokenPipeError(), SystemExit(1)])
def test_a_reader_that_has_gone_changes_no_exit_code(
    error: BaseException | None,
    code: Exit,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    def command() -> int:
        with printing():
            sys.stdout.write("what nobody reads")
            if error is not None:
                raise error
        sys.stdout.write("nor this")
        return code

    with os.fdopen(writer, "w") as pipe, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", pipe)
        with pytest.raises(typer.Exit) as caught:
            told(command)()
    assert caught.value.exit_code == code
    assert capsys.readouterr().err == ""


def test_a_reader_of_the_messages_that_has_gone_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", pipe)
        say("one")
        say("two")


@pytest.mark.parametrize("columns", ["40", "80", "300"])
def test_a_narrow_terminal_cuts_no_number(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    table = Table()
    for name in ("problem", *"abcdefghij"):
        table.add_column(name, no_wrap=name != "problem", overflow="fold")
    numbers = [f"123456789.{one}" for one in range(10)]
    table.add_row("a text of several words", *numbers)
    show(Group(table))
    text = capsys.readouterr().out
    assert all(one in text for one in numbers)


def test_output_that_cannot_be_written_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sys, "stdout", Full())
    assert end_of(Exit.OK) == Exit.INPUT
    assert "the disk is full" in capsys.readouterr().err


def test_a_bug_of_ours_is_not_dressed_up_as_the_users_mistake() -> None:
    def command() -> int:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        told(command)()


def test_a_sentence_is_one_line_whatever_a_path_or_a_file_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert end_of(InputError("a\nb\x1b[2J\udc80 does not exist", "check\tit")) == Exit.INPUT
    assert capsys.readouterr().err == "pie: a\\nb\\x1b[2J\\udc80 does not exist; check\\tit\n"
    say("two\nlines\tand \x1b[31m")
    assert capsys.readouterr().err == "two\nlines\tand \\x1b[31m\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_note_is_broken_between_words_and_a_command_never(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    note, command = "several words of a note, " * 9, f"  pie simulate {'--pairs file ' * 20}"
    say(f"{note}\n{command}")
    *lines, last = terminal.getvalue().splitlines()
    assert last == command
    assert " ".join(lines).split() == note.split()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_report_on_a_terminal_has_notes_as_wide_as_it_and_numbers_whole(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    table = Table()
    for place in range(7):
        table.add_column(f"column {place}", no_wrap=True)
    table.add_row(*["1234567.890"] * 7)
    show(Group(Text("several words of a note, " * 9), table))
    lines = terminal.getvalue().splitlines()
    assert max(len(line) for line in lines if "note" in line) <= width
    assert sum(line.count("1234567.890") for line in lines) == 7


def test_without_a_terminal_a_report_has_a_hundred_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.text import Text

    monkeypatch.setenv("COLUMNS", "60")
    show(Text("word " * 40))
    assert 90 < max(map(len, capsys.readouterr().out.splitlines())) <= 100


@pytest.mark.parametrize(("width", "columns"), [(60, 6), (77, 6), (78, 8), (200, 8)])
def test_the_table_of_a_report_fits_the_terminal(
    width: int, columns: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from pie.cli import report
    from tests.page_runs import make_run

    run = make_run(tmp_path / "run", 30)
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(typer.Exit):
        report.command(run)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    assert max(map(len, lines)) <= width
    (title,) = [line for line in lines if line.split()[:3] == ["n", "%Opt", "Speedup"]]
    assert len(title.split()) == columns  # "95% CI" is two words, and the first column has none
