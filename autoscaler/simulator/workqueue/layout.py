"""Queue workers as arrays: what their rows and columns mean. Unused links are -1."""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final, NamedTuple

from autoscaler.simulator.native.kinds import WIDE, Counts, Floats, Ints
from autoscaler.simulator.requests import layout as requests

# histograms as in the request kernel, so that the same code reads them
BINS: Final = requests.FINE_BINS
COARSE_BINS: Final = requests.COARSE_BINS

# state.ints: counts of jobs, the places in the tables, the rules for failures
(SECOND, WAITING, ACTIVE, DELAYED, PAUSING, STALLED, LATER, IDLE, IDLE_FIRST, FREE, SERIAL, ADDED, NEXT, DRAWN, IS_LAST, ATTEMPTS,
 MAX_STALLS, IS_EXPONENTIAL) = range(18)  # fmt: skip
INTS: Final = 18
# state.floats: times [s], and sums over jobs
(NOW, AREA, SOJOURNS, SLOW, WARMUP, SLOWNESS, OBJECTIVE, CELL, PAUSE) = range(9)
FLOATS: Final = 9
# state.source: added [s], time of the job [s], its line, delay until it is due [s], attempts that will fail
S_ADDED, S_WORK, S_LINE, S_DELAY, S_FAILURES = range(5)
SOURCE: Final = 5
# state.jobs: due for the first time, time of the job, begin of the first attempt and of the present one
J_DUE, J_WORK, J_BEGAN, J_STARTED, JOB = 0, 1, 2, 3, 4
# state.links: its pod, next in its line (or next free job), line, attempts made, those that will fail, times it stalled,
# order among equal times, its number, where it is, what became of it
L_POD, L_NEXT, L_LINE, L_ATTEMPTS, L_FAILURES, L_STALLS, L_SERIAL, L_NUMBER, L_PLACE, L_FATE = range(10)
LINK: Final = 10
# state.pods: takes jobs or not, when it joined [s], time of its attempts that ended [s], how many those are, its ordinal
P_READY, P_JOINED, P_WORK, P_ENDED, P_ORDINAL, POD = 0, 1, 2, 3, 4, 5
# state.columns, by second, named as in the request kernel: ARRIVED are jobs that became due, LOST those that failed for good
ARRIVED: Final = requests.ARRIVED
SERVED: Final = requests.SERVED
LOST: Final = requests.LOST
RETRIED: Final = requests.RETRIED
QUEUED: Final = requests.QUEUED
BUSY: Final = requests.BUSY
LATE: Final = requests.LATE
# state.waits, by line: jobs that began their first attempt, and how long they had been due [s]
W_JOBS, W_SUM, WAIT = 0, 1, 2
# state.record, by job: due, begin of the last attempt, end, ordinal of the pod, fate, attempts made
RECORD: Final = 6


class Status(IntEnum):
    """Why the kernel came back."""

    DONE = 0
    NEEDS_SOURCE = 1  #: the next jobs must be drawn
    NEEDS_ROOM = 2  #: for more jobs at a time


class Place(IntEnum):
    """Where a job is."""

    FREE = 0  #: the row is unused
    WAITING = 1
    ACTIVE = 2
    NOT_DUE = 3  #: delayed from the start
    PAUSING = 4  #: until its next attempt
    STALLED = 5  #: its pod is gone and its lock not expired


class Fate(IntEnum):
    """What became of a job."""

    DONE = 0
    FAILED = 1  #: all attempts failed
    STALLED = 2  #: it lost its pod too often


Source = Annotated[Floats, WIDE]
Jobs = Annotated[Floats, JOB]
Links = Annotated[Ints, LINK]
Lines = Annotated[Ints, 2]
Pods = Annotated[Floats, POD]
Columns = Annotated[Floats, requests.COLUMNS]
Fine = Annotated[Ints, BINS]
Cells = Annotated[Counts, COARSE_BINS]
Waits = Annotated[Floats, WAIT]
Record = Annotated[Floats, RECORD]


class State(NamedTuple):
    """Workers and their queue at one instant."""

    ints: Ints
    floats: Floats
    source: Source  #: (SOURCE, n) jobs to come
    jobs: Jobs  #: (jobs, JOB)
    links: Links  #: (jobs, LINK)
    ends: Floats  #: (jobs,) heap of the ends of attempts [s]
    ending: Ints  #: (jobs,) the job of each
    due: Floats  #: (jobs,) heap of instants at which jobs become due [s]
    coming: Ints  #: (jobs,) the job of each
    lines: Lines  #: (lines, 2) first and last of each; line 0 is the head of the queue, then by priority
    idle: Ints  #: (slots,) ring of pods, one entry for each free slot, the one that is idle longest first
    pods: Pods  #: (pods, POD)
    columns: Columns  #: (seconds, requests.COLUMNS)
    fine: Fine  #: (2, BINS) times in system and waits of the run
    cells: Cells  #: (cells, COARSE_BINS) times in system by the cell of seconds of becoming due
    waits: Waits  #: (lines, WAIT)
    record: Record  #: (jobs, RECORD) of the first jobs; empty where nobody asked for it
