"""A service of requests as arrays: what their rows and columns mean.

Entry 0 of jobs and of pods stands for "none", and holds the heads of lists.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Annotated, Final, NamedTuple

from autoscaler.simulator.native.kinds import WIDE, Bits, Counts, Floats, Ints, Words

# state.ints
(SECOND, READY_PODS, TURN, LEAST, IN_SERVICE, WAITING, RETRIES, NEXT_REQUEST, KNOWN, IS_MORE, REQUESTS, PAUSES, GAVE_UP,
 SLOTS, LIMIT, ATTEMPTS, IDLE, IDLE_FIRST, NO_TIES, IN_STRETCH, ARRIVED_BEFORE, SERVED_BEFORE,
 WAITING_BEFORE) = range(23)  # fmt: skip
INTS: Final = 23
# state.floats
(NOW, CHANGED, AREA, SOJOURNS, WAITS, SLOW, WARM_UNTIL, WARMUP, SLOWNESS, TIMEOUT, OBJECTIVE, CELL, BACKOFF,
 BACKOFF_LIMIT, JITTER, REACHED) = range(16)  # fmt: skip
FLOATS: Final = 16
# state.source: arrival [s], service time [s], chance for the balancer in [0, 1), cost
ARRIVAL, SERVICE_TIME, CHANCE, COST, SOURCE = 0, 1, 2, 3, 4
# state.jobs: attempt's arrival, service time, first attempt's arrival, start of service, cost; what is left is of the links
J_ARRIVED, J_WORK, J_BORN, J_STARTED, J_COST, JOB = 0, 1, 2, 3, 4, 8
# state.links, of each job: its pod, next in the pod's queue, next and previous of all that wait, attempts made, number of the
# request, or how many have a story, if that is less. Entry 0: the first free job, the first and the last that waits; and
# the first that lost its pod, where an attempt's pod is. They are the last bytes of ``jobs``, read as other numbers: all of
# a job is in one line of the processor's cache
L_POD, L_NEXT, L_LATER, L_EARLIER, L_ATTEMPT, L_NUMBER, LINK = 10, 11, 12, 13, 14, 15, 16
# state.pods: in rotation or not, requests in it, its queue's head and tail
P_READY, P_OUTSTANDING, P_HEAD, P_TAIL, POD = 0, 1, 2, 3, 4
# state.meters, of each pod: when it joined [s], work done [costs], requests served, the caller's number for it
M_JOINED, M_WORK, M_SERVED, M_NUMBER, METER = 0, 1, 2, 3, 4
# state.rings, of each level and then of each pod: previous, next
R_BEFORE, R_AFTER, RING = 0, 1, 2
# state.columns, by second: late ones by the second in which their first attempt arrived, the others as they happen
ARRIVED, RETRIED, SERVED, REJECTED, TIMED_OUT, LOST, QUEUED, BUSY, LATE, COLUMNS = range(10)
# state.slots, of each slot in a stretch: free from when on, and of the request in it: arrival (negative: there is none), start,
# cost
S_END, S_ARRIVED, S_STARTED, S_COST, SLOT = 0, 1, 2, 3, 4
# state.log, of each request that starts in a stretch: its slot and start, and what was in the slot before
G_SLOT, G_BEGIN, G_END, G_ARRIVED, G_STARTED, G_COST, LOG = 0, 1, 2, 3, 4, 5, 6
# state.fine: times in system, waits
F_LATENCY, F_WAIT = 0, 1
# histograms are log-linear: so many bins an octave, from two to the power of so many seconds on, so many octaves
FINE_OCTAVE, FINE_FROM, FINE_BINS = 128, -20, 37 * 128
COARSE_OCTAVE, COARSE_FROM, COARSE_BINS = 16, -14, 24 * 16
# state.record, by request: arrival, start, end, number of the pod (-1: none), fate
RECORD: Final = 5
# why the kernel came back
DONE, NEEDS_REQUESTS, NEEDS_JOBS, NEEDS_LEVELS = 0, 1, 2, 3


class Balancer(IntEnum):
    """How a request finds its pod."""

    SHARED = 0  #: one queue for all pods; of free slots the one that has been free longest
    RANDOM = 1
    ROUND_ROBIN = 2
    POWER_OF_TWO = 3  #: of two different pods at random the one with fewer outstanding requests; the first if equal
    LEAST_OUTSTANDING = 4  #: of those with fewest the one whose number changed longest ago


class Distribution(IntEnum):
    """How service times are spread."""

    CONSTANT = 0
    EXPONENTIAL = 1
    LOGNORMAL = 2
    GAMMA = 3
    EMPIRICAL = 4


class Fate(IntEnum):
    """What became of an attempt, in a record."""

    SERVED = 0
    REJECTED = 1
    TIMED_OUT = 2
    LOST = 3


class State(NamedTuple):
    """A service at one instant. Columns have the names above."""

    ints: Ints
    floats: Floats
    source: Annotated[Floats, WIDE]  #: (SOURCE, n) requests to come
    ends: Floats  #: (jobs + 4,) heap of departures [s]; infinite beyond its end
    ending: Words  #: (jobs + 4,) the job of each departure
    retry_at: Floats  #: (jobs + 4,) heap of retries [s]
    retrying: Words  #: (jobs + 4,)
    jobs: Annotated[Floats, JOB]  #: (jobs, JOB)
    links: Annotated[Words, LINK]  #: (jobs, LINK) the same memory
    pods: Annotated[Words, POD]  #: (pods, POD)
    meters: Annotated[Floats, METER]  #: (pods, METER)
    rings: Annotated[Words, RING]  #: (levels + pods, RING): a ring of pods behind each level's own entry
    rotation: Words  #: (pods,) pods in rotation
    idle: (
        Words  #: (pods * slots,) of a shared queue: ring of pods, one entry for each free slot, the longest free first
    )
    columns: Annotated[Floats, COLUMNS]  #: (seconds, COLUMNS)
    fine: Annotated[Ints, FINE_BINS]  #: (2, FINE_BINS) of the whole run
    cells: Annotated[Counts, COARSE_BINS]  #: (cells, COARSE_BINS) times in system by the cell of seconds of arrival
    record: Annotated[Floats, RECORD]  #: (requests, RECORD) of the first requests; empty where nobody asked for it
    seed: Bits  #: (1,) of the pauses between attempts
    # of a stretch, see ``stretch.py``
    free_at: Floats  #: (slots + 4,) heap of the instants at which slots are free [s]; infinite beyond its end
    freed: Words  #: (slots + 4,) the slot of each
    slots: Annotated[Floats, SLOT]  #: (slots, SLOT)
    slot_pods: Words  #: (slots,) the pod of each slot
    log: Annotated[Floats, LOG]  #: (requests, LOG)
