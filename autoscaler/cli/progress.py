"""Bars for simulations that take a while, on a terminal only, and Ctrl-C that lets them end in good order."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from types import FrameType
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from autoscaler.cli.errors import say
from autoscaler.simulator.jobs import Job
from autoscaler.simulator.numerals import clock, number
from autoscaler.simulator.pool import Watcher
from autoscaler.simulator.progress import STEP

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

_SAMPLES: Final = 200  #: points at which the requests so far are known in advance
_DELAY: Final = "stopping; results so far follow. Ctrl-C again gives up"


class Interruptible(Watcher):
    """Turns the first Ctrl-C into a stop that keeps results; the second is a ``KeyboardInterrupt`` as ever."""

    def __init__(self) -> None:
        self._is_stopping = False
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            before = signal.signal(signal.SIGINT, self._interrupt)
            self._exit.callback(signal.signal, signal.SIGINT, before)
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def is_stopping(self) -> bool:
        """Tell whether Ctrl-C was pressed."""
        return self._is_stopping

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self._is_stopping:
            raise KeyboardInterrupt
        self._is_stopping = True
        say(_DELAY)


class Bars(Interruptible):
    """One bar for everything, and one for each run that is under way: simulated time, requests/s, time left."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__()
        self._jobs = jobs
        self._shares = [0.0] * len(jobs)
        self._bars: dict[int, TaskID] = {}
        at = np.linspace(0.0, jobs[0].inputs.duration, _SAMPLES)
        self._requests = jobs[0].inputs.traffic.integral(at)
        self._progress = _progress()
        self._all = self._progress.add_task("all", total=len(jobs), told=_runs(0, len(jobs)))

    def __enter__(self) -> Self:
        super().__enter__()
        self._exit.enter_context(self._progress)
        return self

    def begins(self, job: int) -> None:
        """Show a bar for it."""
        self._bars[job] = self._progress.add_task(self._jobs[job].title, total=1.0, told="")

    def moves(self, job: int, share: float) -> None:
        """Move its bar, and the one for everything."""
        if share - self._shares[job] < STEP:
            return
        self._shares[job] = share
        bar = self._bars[job]
        elapsed = self._progress.tasks[self._progress.task_ids.index(bar)].elapsed or 0.0
        requests = float(np.interp(share, np.linspace(0.0, 1.0, _SAMPLES), self._requests))
        told = clock(share * self._jobs[job].inputs.duration)
        if elapsed > 0.0:
            told += f", {number(requests / elapsed)} {self._jobs[job].inputs.scenario.served}/s"
        self._progress.update(bar, completed=share, told=told)
        self._advance()

    def ends(self, job: int) -> None:
        """Take its bar away."""
        self._shares[job] = 1.0
        self._progress.remove_task(self._bars.pop(job))
        self._advance()

    def _advance(self) -> None:
        whole = sum(share == 1.0 for share in self._shares)
        self._progress.update(self._all, completed=sum(self._shares), told=_runs(whole, len(self._jobs)))


def watcher_for(jobs: Sequence[Job]) -> Interruptible:
    """Give bars where there is somebody to look at them."""
    return Bars(jobs) if sys.stderr.isatty() else Interruptible()


def _runs(done: int, of: int) -> str:
    return f"{done} of {of} runs"


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        _left(),
        console=Console(stderr=True),
        transient=True,
    )


def _left() -> ProgressColumn:
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class Left(ProgressColumn):
        """The time left, once it can be told."""

        def render(self, task: Task) -> Text:
            left = task.time_remaining
            return Text("" if left is None or task.finished else f"{clock(left, precise=True)} left")

    return Left()
