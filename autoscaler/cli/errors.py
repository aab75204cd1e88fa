"""The one place that turns what went wrong into a message on stderr and an exit code. Never a traceback.

0 ok · 1 failed while running · 2 usage: flags, settings or files a person must mend · 3 findings of a check ·
4 no data, or a server does not answer · 130 interrupted. ``AUTOSCALER_DEBUG=1`` adds the traceback.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum

import typer
from typer.exceptions import TyperException

from autoscaler.model.errors import AutoscalerError, InvalidInputError, NoDataError, UnreachableError
from autoscaler.model.time import Nanoseconds


class ExitCode(IntEnum):
    """What the exit code says."""

    OK = 0
    RUNTIME = 1
    USAGE = 2
    FINDINGS = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


def guard(program: Callable[[], object]) -> int:
    """Run ``program``; say on stderr what went wrong, and give the exit code.

    An integer that ``program`` returns is the exit code; so Typer hands over the code of ``typer.Exit``.
    """
    try:
        result = program()
        sys.stdout.flush()
    except KeyboardInterrupt:
        result = ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _leave_pipe()
    except Exception as error:  # noqa: BLE001 - the last stop: whatever it is becomes a message
        if os.environ.get("AUTOSCALER_DEBUG"):
            traceback.print_exc()
        return _explain(error)
    if result == ExitCode.INTERRUPTED:
        say("interrupted")
    return result if isinstance(result, int) else ExitCode.OK


def say(text: str) -> None:
    """Write to stderr, made ``printable``."""
    typer.echo(printable(text), err=True)


def printable(text: str) -> str:
    """Show control characters, which a hostile file may bring along, as escapes."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def usage_error(message: str, *, option: str = "", hint: str = "") -> typer.BadParameter:
    """Make the exception for a wrong flag or argument: ``raise usage_error("must be LO:HI", option="--scale-to")``."""
    head = f"{option}: {message}" if option else message
    return typer.BadParameter(f"{head}\n  hint: {hint}" if hint else head)


def duration_option(option: str, text: str) -> Nanoseconds:
    """Read the duration given to ``option``; it must be longer than nothing.

    Raises:
        typer.BadParameter: not a duration.
    """
    from autoscaler.config.durations import DurationError, parse_duration

    try:
        duration = parse_duration(text)
    except DurationError as error:
        raise usage_error(str(error), option=option) from error
    if duration <= 0:
        raise usage_error("must be longer than 0s", option=option)
    return duration


def _explain(error: Exception) -> ExitCode:
    match error:
        case InvalidInputError():
            for fault in error.faults:
                say(f"error: {fault}")
            return ExitCode.USAGE
        case UnreachableError() | NoDataError():
            say(f"error: {error}")
            return ExitCode.UNREACHABLE
        case TyperException():
            return _explain_usage(error)
        case AutoscalerError():
            say(f"error: {error}")
        case ModuleNotFoundError() if error.name and not error.name.startswith("autoscaler"):
            say(f"error: the Python package {error.name} is not installed\n  hint: pip install {error.name}")
        case OSError() if error.filename is not None:
            say(f"error: {error.filename}: {error.strerror}")
        case OSError():
            say(f"error: cannot write or read: {error.strerror or error}")
        case typer.Abort():
            say("aborted")
        case _:
            say(f"error: internal: {type(error).__name__}: {error}")
            say("  hint: this is a defect; run again with AUTOSCALER_DEBUG=1 and report what it prints")
    return ExitCode.RUNTIME


def _explain_usage(error: TyperException) -> ExitCode:
    message = _message(error)
    if message.startswith("Usage:"):  # a group called without a command: its help is the message
        say(message)
        return ExitCode.USAGE
    say(f"error: {message}")
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is not None:
        say(f"  usage: {' '.join(context.get_usage().removeprefix('Usage: ').split())}")
        say(f"  help:  {context.command_path} --help")
    return ExitCode.USAGE


def _message(error: TyperException) -> str:
    if isinstance(error, typer.BadParameter) and error.param is None:
        return error.message
    text = error.format_message().replace("Value error, ", "").replace("Input should", "must")  # pydantic's words
    return text if text.startswith("Usage:") else text[:1].lower() + text[1:]


def _leave_pipe() -> ExitCode:
    """The reader of our output has gone, as in ``autoscaler ... | head``: stop without a word."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    return ExitCode.RUNTIME
