"""Every way to fail has its exit code and its words; a traceback is shown only when asked for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import NoReturn

import pytest
import typer

from autoscaler.cli.errors import ExitCode, duration_option, guard, usage_error
from autoscaler.model.errors import (
    Fault,
    InvalidPolicyError,
    InvariantError,
    UnreachableError,
)
from autoscaler.model.time import MINUTE, SECOND


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def program() -> NoReturn:
        raise error

    return program


TWO_FAULTS = [
    Fault(what="must be positive", source="a.yaml", line=7, path="spec.maxReplicas", hint="write 1 or more"),
    Fault(what="no such file", source="b.yaml"),
]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            InvalidPolicyError(TWO_FAULTS),
            2,
            "error: a.yaml:7: spec.maxReplicas: must be positive\n  hint: write 1 or more\nerror: b.yaml: no such file\n",
        ),
        (UnreachableError("https://10.0.0.1: timed out"), 4, "error: https://10.0.0.1: timed out\n"),
        (InvariantError("desired above max"), 1, "error: desired above max\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (PermissionError(13, "Permission denied", "out.html"), 1, "error: out.html: Permission denied\n"),
        (
            ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite"),
            1,
            "error: the Python package llvmlite is not installed\n  hint: pip install llvmlite\n",
        ),
        (
            ZeroDivisionError("division by zero"),
            1,
            "error: internal: ZeroDivisionError: division by zero\n"
            "  hint: this is a defect; run again with AUTOSCALER_DEBUG=1 and report what it prints\n",
        ),
        (usage_error("must be LO:HI", option="--scale-to"), 2, "error: --scale-to: must be LO:HI\n"),
        (usage_error("no", hint="say yes"), 2, "error: no\n  hint: say yes\n"),
        (typer.Abort(), 1, "aborted\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_each_failure_has_its_code_and_words(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guard(raising(error)) == code

    assert capsys.readouterr() == ("", message)


def test_the_traceback_is_there_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUTOSCALER_DEBUG", "1")

    assert guard(raising(ZeroDivisionError("oops"))) == ExitCode.RUNTIME

    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_control_characters_cannot_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    guard(raising(InvalidPolicyError([Fault(what='unknown field "\x1b[31m\u202e"')])))

    assert capsys.readouterr().err == 'error: unknown field "\\x1b[31m\\u202e"\n'


def test_a_number_returned_is_the_exit_code() -> None:
    assert guard(lambda: 3) == ExitCode.FINDINGS
    assert guard(lambda: None) == ExitCode.OK


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = (
        "import sys\n"
        "from autoscaler.cli.errors import guard\n"
        "sys.exit(guard(lambda: sys.stdout.write('x\\n' * 500_000)) and 7)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""


def test_durations_given_as_options() -> None:
    assert duration_option("--until", "1m30s") == MINUTE + 30 * SECOND
    with pytest.raises(typer.BadParameter, match="--until: '5' is not a duration; write numbers with units"):
        duration_option("--until", "5")
    with pytest.raises(typer.BadParameter, match="--until: must be longer than 0s"):
        duration_option("--until", "0s")
