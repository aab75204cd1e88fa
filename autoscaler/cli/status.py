"""`autoscaler status`: every policy at a glance, from the running controller or from a journal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from autoscaler.cli.errors import say
from autoscaler.cli.journals import JournalOption, journal, named_journal, policy_key
from autoscaler.cli.live import LiveController, TokenOption, UrlOption
from autoscaler.cli.output import Cell, Output, print_rows, print_value

if TYPE_CHECKING:
    from autoscaler.adapters.journal.codec import Codec
    from autoscaler.adapters.journal.file import JournalFile
    from autoscaler.config.status_record import PolicyState, StatusDocument
    from autoscaler.model.policy import PolicyKey, ScalingPolicy


class Layout(StrEnum):
    """How to print the states."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


_COLUMNS: Final = ("policy", "target", "metrics", "min", "max", "current", "desired", "mode", "age", "why")
_WIDE: Final = (*_COLUMNS[:-1], "reason", "write", "last scale", "next change", "why")


def command(
    policy: Annotated[
        str | None, typer.Argument(metavar="[NAMESPACE/NAME]", help="Only this policy.  [default: all]")
    ] = None,
    url: UrlOption = None,
    file: JournalOption = None,
    token_file: TokenOption = None,
    output: Annotated[
        Layout, typer.Option("--output", "-o", help="How to print; on a terminal `table` cuts long sentences.")
    ] = Layout.TABLE,
) -> None:
    """Show each policy's last decision: what it saw, between which bounds, from where to where, and why.

    Asks the running controller; in a cluster: kubectl -n autoscaler port-forward deploy/autoscaler 8081. With --journal
    (or AUTOSCALER_JOURNAL__PATH) it reads that file instead. AGE is the time since the decision: much more than the
    period means that a policy is no longer evaluated.
    """
    path = None if url is not None else named_journal(file)
    document = _from_journal(path) if path is not None else LiveController.at(url, token_file).status()
    states = _chosen(document, policy)
    if output in (Layout.JSON, Layout.YAML):
        print_value(_plain(document, states), Output(output.value))
        return
    now = _moment(document.at)
    rows = [_row(state, now) for state in states]
    if output is Layout.CSV:
        print_rows(rows, Output.CSV, columns=_WIDE)
        return
    if rows:
        print_rows(_fitting(rows) if output is Layout.TABLE else rows, Output.TABLE, columns=_columns(output))
    else:
        say("no policy is in force")
    for key in document.waiting:
        say(f"waiting for the API server: {key}")
    for fault in document.refused:
        say(f"refused: {fault}")


def _columns(layout: Layout) -> Sequence[str]:
    return _WIDE if layout is Layout.WIDE else _COLUMNS


def _chosen(document: StatusDocument, policy: str | None) -> Sequence[PolicyState]:
    """Give the policies that are asked for.

    Raises:
        NoDataError: there is no such policy.
    """
    from autoscaler.config.suggestions import which_policy
    from autoscaler.model.errors import NoDataError

    if policy is None:
        return document.policies
    key = str(policy_key(policy))
    found = [state for state in document.policies if state.policy == key]
    if not found:
        hint = which_policy(key, [state.policy for state in document.policies])
        raise NoDataError(f"no policy {key} is in force; {hint}")
    return found


def _from_journal(path: Path) -> StatusDocument:
    from autoscaler.config.moments import print_time
    from autoscaler.config.status_record import StatusDocument, policy_state
    from autoscaler.daemon.journal_rows import recorded_in
    from autoscaler.model.errors import NoDataError

    with journal(path) as (opened, codec):
        last = {record.key: record for record in (recorded_in(row, codec) for row in opened.last_of_each())}
        policies = _policies(opened, codec)
    if not last:
        raise NoDataError("the journal holds no decision yet")
    newest = max(record.decision.at for record in last.values())
    states = tuple(policy_state(policies[key], last.get(key)) for key in sorted(policies))
    return StatusDocument(at=print_time(newest), policies=states)


def _policies(file: JournalFile, codec: Codec) -> dict[PolicyKey, ScalingPolicy]:
    """Give the policies in force at the journal's end."""
    from autoscaler.control.messages import PolicyAccepted, PolicyWithdrawn
    from autoscaler.control.recording import Restarted

    found: dict[PolicyKey, ScalingPolicy] = {}
    for row in file.events(kinds=("Restarted", "PolicyAccepted", "PolicyWithdrawn")):
        match codec.decode(row.body):
            case Restarted():
                found.clear()
            case PolicyAccepted(policy=policy):
                found[policy.key] = policy
            case PolicyWithdrawn(key=key):
                found.pop(key, None)
            case _:
                pass
    return found


def _plain(document: StatusDocument, states: Sequence[PolicyState]) -> dict[str, object]:
    import msgspec

    plain: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(document, policies=tuple(states)))
    return plain


def _row(state: PolicyState, now: datetime) -> dict[str, Cell]:
    return {
        "policy": state.policy,
        "target": state.target,
        "metrics": ", ".join(map(str, state.metrics)),
        "min": state.min,
        "max": state.max,
        "current": state.current,
        "desired": state.desired,
        "mode": state.mode,
        "age": _span(now, state.at),
        "reason": state.reason,
        "write": state.write,
        "last scale": _span(now, state.last_scale_at, " ago"),
        "next change": _span(now, state.next_possible_change_at, ahead="in "),
        "why": state.why,
    }


def _span(now: datetime, text: str | None, after: str = "", *, ahead: str = "") -> str | None:
    """Print the whole seconds between an instant and now: those gone by, or those still to come."""
    from autoscaler.config.durations import print_duration
    from autoscaler.model.time import SECOND

    if text is None:
        return None
    gone = int((now - _moment(text)).total_seconds())
    if ahead and gone >= 0:
        return None
    return f"{ahead}{print_duration(abs(gone) * SECOND)}{after}"


def _moment(text: str) -> datetime:
    """Read a time as documents have it, to the microsecond."""
    whole, _, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{rest[:6].ljust(6, '0')}+00:00")


def _fitting(rows: list[dict[str, Cell]]) -> list[dict[str, Cell]]:
    """Cut the sentences to what is left of the terminal's width; whole where the output is no terminal."""
    if not sys.stdout.isatty():
        return rows
    before = sum(2 + max(len(name), *(len(str(row[name] or "-")) for row in rows)) for name in _COLUMNS[:-1])
    room = max(24, shutil.get_terminal_size().columns - before)
    return [{**row, "why": _cut(str(row["why"]), room)} for row in rows]


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1].rstrip()}…"
