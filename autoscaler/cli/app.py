"""The command line's frame: which commands there are, and how one is found when it is used.

A command's file is imported only when the command itself is called or asked for its help; so `autoscaler --help` does
not pay for the simulator or the Kubernetes client. A file holds either ``command``, a function with Typer's
annotations, or ``app``, a Typer of its own with subcommands; heavy imports stand inside the functions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from autoscaler.cli.errors import guard
from autoscaler.config.suggestions import did_you_mean
from autoscaler.config.version import version

_SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@dataclass(frozen=True, slots=True)
class Entry:
    """One command of the front page: its file is ``autoscaler/cli/<name>.py``, with ``_`` for ``-`` and behind a keyword."""

    name: str
    group: str
    summary: str


ENTRIES: Final = (
    Entry("demo", "See it", "A cluster in one process: traffic, the real controller, a live page. Needs nothing."),
    Entry("simulate", "Try a policy", "Replay traffic through policies; compare what users and the bill would see."),
    Entry(
        "compare", "Try a policy", "What two or more simulations, kept as JSON, say about each other; with confidence."
    ),
    Entry("evaluate", "Try a policy", "One dry decision of an HPA, explained: every step, and what would change it."),
    Entry("check", "Try a policy", "Find what is wrong with policies and scenarios, with file, line and a hint."),
    Entry("import", "Try a policy", "Write HPAs and KEDA's ScaledObjects as ScalingPolicies; name what has no equal."),
    Entry("trace", "Try a policy", "Save past traffic from Prometheus as a trace that `simulate` replays."),
    Entry("run", "Run it", "The controller. Observes and reports; scales with --apply."),
    Entry("doctor", "Run it", "What keeps the controller from working in this cluster, each with its fix."),
    Entry("status", "Run it", "Every policy at a glance: metrics, bounds, replicas, and why."),
    Entry("why", "Run it", "Why a workload did or did not scale, now or at any time in the journal."),
    Entry("what-if", "Run it", "What a decision would be with another metric value, size, time or policy."),
    Entry("hold", "Run it", "Hold a workload at a number of replicas for a while, whatever its metrics say."),
    Entry("hpa", "Run it", "Take an HPA object over without a jump, and give it back."),
    Entry("halt", "Run it", "Stop every write of replicas within seconds: the kill switch."),
    Entry("resume", "Run it", "Let replicas be written again after `halt`."),
    Entry("journal", "Run it", "List, export, verify what a controller decided, and compare it with what there was."),
    Entry("replay", "Run it", "A journal's inputs again: the same decisions, or those of another policy."),
    Entry("config", "Run it", "Show the settings in force, and where each one comes from."),
    Entry("shadow", "Run it", "How well `run --shadow` agrees with the built-in controller, over days."),
    Entry("emulate", "Develop", "The emulated cluster alone, for kubectl and other controllers."),
    Entry(
        "schema",
        "Develop",
        "Print the JSON schema of a policy, a scenario, an observation, a decision, trials or the settings.",
    ),
)
_BY_NAME: Final = {entry.name: entry for entry in ENTRIES}


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and summaries, and imports a command when it is called."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # Typer's public name for the base's type
        """Name the commands in the order of the help."""
        return list(_BY_NAME)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # see list_commands
        """Import the command's file and build it; ``None`` where there is no such command."""
        return _load(cmd_name) if cmd_name in _BY_NAME else None

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # see list_commands
        """Find the command to run, or say which one was probably meant."""
        name = args[0]
        if name not in _BY_NAME and not name.startswith("-"):
            ctx.fail(f"no command `{name}`; {did_you_mean(name, _BY_NAME)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # see list_commands
        """Write the front page from the table above, importing nothing."""
        width = max(len(entry.name) for entry in ENTRIES)
        for group in dict.fromkeys(entry.group for entry in ENTRIES):
            rows = [(entry.name.ljust(width), entry.summary) for entry in ENTRIES if entry.group == group]
            with formatter.section(group):
                formatter.write_dl(rows)


app = typer.Typer(
    cls=LazyGroup,
    name="autoscaler",
    rich_markup_mode=None,  # plain help: it costs a third of the time, and reads the same in a pipe
    pretty_exceptions_enable=False,  # see errors.guard
    context_settings=_SETTINGS,
    epilog="Exit codes: 0 ok, 1 failed, 2 usage, 3 findings, 4 no data or unreachable, 130 interrupted.",
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"autoscaler {version()}")
        raise typer.Exit


@app.callback()
def front(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Scale Kubernetes workloads as your HPA manifest says, and say why; live, or in a simulation of real traffic."""


def run(arguments: Sequence[str]) -> int:
    """Run the command line with ``arguments`` and give the exit code; messages go to stderr."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller closed it
            setattr(sys, name, open(os.devnull, "w"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a file name may hold bytes that are no text
    command = typer.main.get_command(app)
    return guard(lambda: command.main(list(arguments) or ["--help"], prog_name="autoscaler", standalone_mode=False))


def _load(name: str) -> Any:
    file = f"{name}_" if iskeyword(name) else name.replace("-", "_")
    module = import_module(f"autoscaler.cli.{file}")
    inner: typer.Typer | None = getattr(module, "app", None)
    if inner is None:
        inner = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        inner.command(name)(module.command)
    built = typer.main.get_command(inner)
    built.name = name
    return built
