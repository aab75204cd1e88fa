"""What the commands that read a journal share: finding it, and bringing its rows back to life."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from autoscaler.cli.errors import usage_error

if TYPE_CHECKING:
    from autoscaler.adapters.journal.codec import Codec
    from autoscaler.adapters.journal.file import JournalFile
    from autoscaler.control.recording import Heard
    from autoscaler.model.policy import PolicyKey
    from autoscaler.model.time import Instant

JournalOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--journal", metavar="FILE", help="The journal to read.  [default: AUTOSCALER_JOURNAL__PATH]"),
]

_ANEW = "the controller goes on in a new one, the old one set aside"


def named_journal(path: Path | None) -> Path | None:
    """Give the journal to read: what ``--journal`` names, else the environment; ``None``: neither does."""
    named = os.environ.get("AUTOSCALER_JOURNAL__PATH")
    return path or (Path(named) if named else None)


@contextmanager
def journal(path: Path | None) -> Iterator[tuple[JournalFile, Codec]]:
    """Open a journal and the codec of its bodies.

    Raises:
        typer.BadParameter: none is named.
        NoDataError: there is no such file.
        JournalError: it cannot be read, wherever in the block that shows; the message says what to do.
    """
    from autoscaler.adapters.journal.codec import CodecError, read_schema
    from autoscaler.adapters.journal.file import JournalError, JournalFile
    from autoscaler.daemon.journal_rows import journal_codec

    named = named_journal(path)
    if named is None:
        hint = "pass --journal FILE; a controller writes one with `run --journal FILE`"
        raise usage_error("no journal is named", option="--journal", hint=hint)
    try:
        with JournalFile.read(named) as file:
            yield file, journal_codec(read_schema(file.schema))
    except (JournalError, CodecError) as error:
        what = str(error).removeprefix(f"{named}: ")
        raise JournalError(f"{named}: {what}\n  hint: {_mend(what)}") from error


def _mend(what: str) -> str:
    """Say what can be done about a journal that cannot be read."""
    if "malformed" in what:
        return f"it is damaged; `sqlite3 FILE .recover` saves what it can, and {_ANEW}"
    if "version" in what:
        return "read it with the version of this program that wrote it"
    if what.startswith("row "):
        return f"`autoscaler journal verify` names every such row; {_ANEW}"
    return "name the file that a controller writes with `run --journal FILE`"


def heard(file: JournalFile, codec: Codec) -> Iterator[Heard]:
    """Give what the controller was told, oldest first."""
    from autoscaler.daemon.journal_rows import heard_in

    return heard_in(file.events(), codec)


def policy_key(text: str) -> PolicyKey:
    """Read NAMESPACE/NAME; a bare name is in namespace default.

    Raises:
        typer.BadParameter: neither.
    """
    from autoscaler.model.policy import PolicyKey

    namespace, slash, name = text.rpartition("/")
    if not name or "/" in namespace or (slash and not namespace):
        raise usage_error(f"`{text}` is not NAMESPACE/NAME", hint="such as shop/web")
    return PolicyKey(namespace=namespace or "default", name=name)


def instant(option: str, text: str, now: Instant) -> Instant:
    """Read a point in time: RFC 3339, or an age such as ``-10m``.

    Raises:
        typer.BadParameter: neither.
    """
    from autoscaler.config.moments import instant_of

    try:
        return instant_of(text, now)
    except ValueError as error:
        raise usage_error(str(error), option=option) from error


def second(at: Instant) -> str:
    """Print an instant to the second, in UTC: what tables show."""
    from autoscaler.config.moments import print_time
    from autoscaler.model.time import SECOND

    return print_time(at // SECOND * SECOND)
