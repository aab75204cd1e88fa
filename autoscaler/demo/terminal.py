"""The demo in the terminal: where to look, one line for each change of scale, and a line that follows the present."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from autoscaler.demo.feed import Entry, Point

_MARKS: Final = {
    "up": ("↑", "blue"),
    "down": ("↓", "bright_black"),
    "hold": ("=", "green"),
    "trouble": ("!", "yellow"),
    "other": ("•", "magenta"),
}


class Terminal:
    """Prints to people. On a terminal the last line is redrawn; elsewhere there are only lines."""

    def __init__(self, stream: TextIO) -> None:
        self._console = Console(file=stream, highlight=False, soft_wrap=not stream.isatty())
        self._live: Live | None = None
        self._seen = 0

    def greet(self, *, page: str, kubeconfig: str, target: str, notes: Sequence[str]) -> None:
        """Say where the page is and how to point kubectl at the cluster."""
        if page:
            self._console.print(Text.assemble(("Page      ", "bold"), (page, "underline")))
        self._console.print(Text.assemble(("kubectl   ", "bold"), f"export KUBECONFIG={kubeconfig}"))
        for example in ("get deploy,pods,hpa", "get hpa --watch", f"scale {target} --replicas 30"):
            self._console.print(f"          kubectl {example}")
        for note in notes:
            self._console.print(Text.assemble(("Note      ", "bold"), note))

    def answers(self, *, policy: str, options: str | None) -> None:
        """Say how to ask the controller why, in another terminal; where it cannot be asked, only how to end."""
        if options is not None:
            self._console.print(Text.assemble(("Ask it    ", "bold"), f"autoscaler status{options}"))
            for example in (f"why {policy}", f"what-if {policy} cpu=+50%"):
                self._console.print(f"          autoscaler {example}{options}")
        self._console.print("Ctrl-C ends it.\n")

    @contextmanager
    def follow(self) -> Iterator[None]:
        """Keep a line about the present at the bottom, where the output is a terminal."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, refresh_per_second=4, transient=True) as self._live:
            yield
        self._live = None

    def decided(self, entry: Entry) -> None:
        """Print a change, or the beginning of trouble; passes that hold stay silent."""
        if entry.id == self._seen or entry.tone == "hold":
            return
        self._seen = entry.id
        mark, colour = _MARKS[entry.tone]
        self._console.print(Text.assemble((f"{_clock(entry.at)}  ", "dim"), (f"{mark} ", colour), entry.sentence))

    def passed(self, point: Point) -> None:
        """Redraw the line about the present."""
        if self._live is None:
            return
        short = max(0.0, point.demand - point.capacity)
        parts: list[str | tuple[str, str]] = [
            (f"{_clock(point.at)}  ", "dim"),
            f"{point.demand:,.0f} of {point.capacity:,.0f} requests/s  ",
            f"{point.ready} of {point.desired} replicas ready  ",
            f"p99 {point.p99 * 1000:,.0f} ms  " if point.p99 is not None else "",
            (f"{short:,.0f} short", "bold red") if short > 0.005 * point.demand else "",
        ]
        self._live.update(Text.assemble(*parts))


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S")
