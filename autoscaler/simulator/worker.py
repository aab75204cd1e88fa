"""A process that plays jobs: they come in over a connection, news and results go back. Started by ``pool``."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Final

from autoscaler.simulator.progress import STEP

if TYPE_CHECKING:
    from autoscaler.simulator.jobs import Job
    from autoscaler.simulator.result import Result

STOP: Final = None  #: what a process is sent in the middle of a job to make it end the run there


@dataclass(frozen=True, slots=True)
class Played:
    """A job's results."""

    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """What a job raised."""

    error: Exception


def serve(connection: Connection) -> None:
    """Play whatever comes in, until the other side has gone. A share of a job that is done goes back as a number."""

    told = 0.0

    def progress(share: float) -> bool:
        nonlocal told
        if not 0.0 <= share - told < STEP:
            told = share
            connection.send(share)
        return connection.poll()  # all that can come in the middle of a job is STOP, or the end of the other side

    while True:
        try:
            job: Job | None = connection.recv()
            if job is not None:
                connection.send(_answer(job, progress))
        except (EOFError, ConnectionError):
            return


def _answer(job: Job, progress: Callable[[float], bool]) -> Played | Failed:
    try:
        return Played(job.run(progress))
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the process that asked is to raise it
        return Failed(_portable(error))


def _portable(error: Exception) -> Exception:
    """Give an exception that can be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - foreign exceptions may be pickled wrongly in any way
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


if __name__ == "__main__":
    from autoscaler.simulator import worker

    # as the module and not as ``__main__``: what is sent back must have a name that the other side knows
    worker.serve(Connection(int(sys.argv[1])))
