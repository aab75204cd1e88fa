"""Plays jobs, here or in processes of its own, and gives their results in the jobs' order.

The processes are started as programs, neither forked nor through ``multiprocessing``'s own start methods: a fork copies
locks that other threads hold, as notebooks' do, and the others run the caller's script once more in every process. They
live in a session of their own, so that Ctrl-C reaches the caller alone, which then lets them stop in good order.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from autoscaler.config.scenario import Fidelity
from autoscaler.model.errors import WorkerLostError
from autoscaler.simulator.worker import STOP, Failed, Played

if TYPE_CHECKING:
    from autoscaler.simulator.inputs import Inputs
    from autoscaler.simulator.jobs import Job
    from autoscaler.simulator.result import Result

_LOOK_EVERY: Final = 0.1  #: how long to wait for news before asking whether to stop [s]
_WORTH_STARTING: Final = 4.0  #: work that takes less is done here: a process needs most of a second to start [s]
_DAY_TAKES: Final = 0.4  #: a day as a fluid [s]
_REQUESTS_A_SECOND: Final = 10e6  #: played one by one
_FOLDER: Final = str(Path(__file__).parents[2])  #: where this package is imported from


class Watcher:
    """Is told how jobs, by their number, get on; this one looks away. Answers whether everything is to stop."""

    def begins(self, job: int) -> None:
        """Take note that a job begins."""

    def moves(self, job: int, share: float) -> None:
        """Take note of the share of a job that is done."""

    def ends(self, job: int) -> None:
        """Take note that a job has ended."""

    def is_stopping(self) -> bool:
        """Tell whether to stop."""
        return False


def workers_for(jobs: Sequence[Job]) -> int:
    """Give how many processes are worth their start: 1 for little work, else one a core."""
    return 1 if sum(_takes(job.inputs) for job in jobs) < _WORTH_STARTING else len(os.sched_getaffinity(0))


def _takes(inputs: Inputs) -> float:
    """Tell, roughly, how long a run takes [s]."""
    if inputs.scenario.fidelity is Fidelity.FLUID:
        return inputs.duration / 86_400 * _DAY_TAKES
    return float(inputs.traffic.integral(np.array([float(inputs.duration)]))[0]) / _REQUESTS_A_SECOND


def play(jobs: Sequence[Job], workers: int, watcher: Watcher) -> list[tuple[Result, ...]]:
    """Play every job; an empty tuple stands for one that was not begun because the ``watcher`` stopped everything.

    Raises:
        WorkerLostError: a process ended in the middle of a job.
    """
    if min(workers, len(jobs)) <= 1:
        return _play_here(jobs, watcher)
    crew = _Crew(jobs, min(workers, len(jobs)), watcher)
    try:
        return crew.play()
    finally:
        crew.dismiss()


def _play_here(jobs: Sequence[Job], watcher: Watcher) -> list[tuple[Result, ...]]:
    results: list[tuple[Result, ...]] = [()] * len(jobs)
    for number, job in enumerate(jobs):
        if watcher.is_stopping():
            break

        def progress(share: float, number: int = number) -> bool:
            watcher.moves(number, share)
            return watcher.is_stopping()

        watcher.begins(number)
        results[number] = job.run(progress)
        watcher.ends(number)
    return results


class _Crew:
    """Processes that play jobs, each one at a time."""

    def __init__(self, jobs: Sequence[Job], size: int, watcher: Watcher) -> None:
        self._jobs = jobs
        self._watcher = watcher
        self._results: list[tuple[Result, ...]] = [()] * len(jobs)
        self._todo = deque(range(len(jobs)))
        self._doing: dict[Connection, int] = {}
        self._processes: dict[Connection, subprocess.Popen[bytes]] = {}
        for _ in range(size):
            connection, process = _start()
            self._processes[connection] = process

    def play(self) -> list[tuple[Result, ...]]:
        """Keep every process busy until all is done, or until told to stop."""
        for connection in self._processes:
            self._assign(connection)
        was_told = False
        while self._doing:
            heard = wait(list(self._doing), timeout=_LOOK_EVERY)
            for connection in [each for each in self._doing if each in heard]:
                self._hear(connection)
            if not was_told and self._watcher.is_stopping():
                was_told = True
                self._todo.clear()
                for connection in self._doing:
                    connection.send(STOP)
        return self._results

    def dismiss(self) -> None:
        """End all processes; those that are still in the middle of something, at once."""
        for connection, process in self._processes.items():
            if connection in self._doing:
                process.kill()
            connection.close()
        for process in self._processes.values():
            process.wait()

    def _assign(self, connection: Connection) -> None:
        if self._todo:
            number = self._todo.popleft()
            self._doing[connection] = number
            self._watcher.begins(number)
            connection.send(self._jobs[number])

    def _hear(self, connection: Connection) -> None:
        number = self._doing[connection]
        try:
            news = connection.recv()
        except (EOFError, ConnectionResetError) as end:
            raise self._lost(connection, number) from end
        match news:
            case Played(results=results):
                self._results[number] = results
                del self._doing[connection]
                self._watcher.ends(number)
                self._assign(connection)
            case Failed(error=error):
                raise error
            case _:
                self._watcher.moves(number, news)

    def _lost(self, connection: Connection, number: int) -> WorkerLostError:
        code = self._processes[connection].wait()
        ending = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        hint = "too little memory? fewer processes need less: --workers 1"
        return WorkerLostError(f"the process that played {self._jobs[number].title} {ending}\n  hint: {hint}")


def _start() -> tuple[Connection, subprocess.Popen[bytes]]:
    ours, theirs = Pipe()
    paths = [_FOLDER, *filter(None, [os.environ.get("PYTHONPATH")])]
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "autoscaler.simulator.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
    return ours, process
