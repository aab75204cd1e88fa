"""Linked lists of pods and of requests, in the state's arrays."""

from __future__ import annotations

from autoscaler.simulator.requests import layout as k
from autoscaler.simulator.requests.layout import State


def levels_of(state: State) -> int:
    """Give the number of rings; entries of pods come after theirs."""
    return len(state.rings) - len(state.pods)


def unlink(state: State, entry: int) -> None:
    """Take an entry out of its ring."""
    rings = state.rings
    before, after = rings[entry, k.R_BEFORE], rings[entry, k.R_AFTER]
    rings[before, k.R_AFTER], rings[after, k.R_BEFORE] = after, before
    rings[entry, k.R_BEFORE], rings[entry, k.R_AFTER] = entry, entry


def move(state: State, entry: int, level: int) -> None:
    """Take an entry out of its ring and put it at the end of the one behind ``level``."""
    rings = state.rings
    before, after = rings[entry, k.R_BEFORE], rings[entry, k.R_AFTER]
    rings[before, k.R_AFTER], rings[after, k.R_BEFORE] = after, before
    last = rings[level, k.R_BEFORE]
    rings[last, k.R_AFTER], rings[level, k.R_BEFORE] = entry, entry
    rings[entry, k.R_BEFORE], rings[entry, k.R_AFTER] = last, level


def join_line(state: State, job: int) -> None:
    """Put a request at the end of the line of all that wait."""
    links = state.links
    last = links[0, k.L_EARLIER]
    links[last, k.L_LATER], links[0, k.L_EARLIER] = job, job
    links[job, k.L_EARLIER], links[job, k.L_LATER] = last, 0


def leave_line(state: State, job: int) -> None:
    """Take a request out of the line of all that wait."""
    links = state.links
    later, earlier = links[job, k.L_LATER], links[job, k.L_EARLIER]
    links[earlier, k.L_LATER], links[later, k.L_EARLIER] = later, earlier


def join_queue(state: State, pod: int, job: int) -> None:
    """Put a request at the end of a pod's own queue."""
    links, pods = state.links, state.pods
    links[job, k.L_NEXT] = 0
    if pods[pod, k.P_HEAD] == 0:
        pods[pod, k.P_HEAD] = job
    else:
        links[pods[pod, k.P_TAIL], k.L_NEXT] = job
    pods[pod, k.P_TAIL] = job


def take_slot(state: State) -> int:
    """Take the slot of a shared queue that has been free longest, and give its pod."""
    ints, pod = state.ints, int(state.idle[state.ints[k.IDLE_FIRST]])
    ints[k.IDLE_FIRST] = ints[k.IDLE_FIRST] + 1 if ints[k.IDLE_FIRST] + 1 < len(state.idle) else 0
    ints[k.IDLE] -= 1
    state.pods[pod, k.P_OUTSTANDING] += 1
    return pod


def return_slot(state: State, pod: int) -> None:
    """Have one more slot of a pod be free."""
    ints, place = state.ints, state.ints[k.IDLE_FIRST] + state.ints[k.IDLE]
    state.idle[place if place < len(state.idle) else place - len(state.idle)] = pod
    ints[k.IDLE] += 1


def free(state: State, job: int) -> None:
    """Let another request have the job's place."""
    state.links[job, k.L_NEXT], state.links[0, k.L_NEXT] = state.links[0, k.L_NEXT], job
