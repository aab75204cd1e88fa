"""Faults between the world and its controller: an API server that refuses, a controller that restarts, a clock set anew.

Each is a layer around the seam of world and driver, so neither of them knows of faults. What goes wrong inside the world
is ``script``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Protocol

from autoscaler.config.scenario import Memory, Scenario, TimedFault, WriteAnswer
from autoscaler.control.controller import Controller
from autoscaler.control.messages import Observe, ScaleConflicted, ScaleRefused, WriteScale
from autoscaler.model.observation import Observation, Scale, ScaleUnavailable
from autoscaler.model.policy import ObjectRef
from autoscaler.model.time import SECOND, Instant, Nanoseconds, seconds
from autoscaler.simulator.api import Api, WorldApi, Written, conflict
from autoscaler.simulator.noise import Draw, Noise
from autoscaler.simulator.world import World

_STREAM: Final = 2**31  #: of the API server's luck: far from those of workloads
_UNABLE: Final = "the server is currently unable to handle the request"
_TOO_MANY: Final = "the server has received too many requests and has asked us to try again later"


class Evaluates(Protocol):
    """What a run needs of a driver."""

    def run(self, ticks: Iterable[Instant]) -> None:
        """Evaluate the policies that are due at each of ``ticks``, in order."""

    def evaluate(self, tick: Instant, at: Instant) -> None:
        """Let the world go on until ``tick``, then evaluate who is due; the controller's clock shows ``at``."""

    def restart(self, controller: Controller, *, keeps_memory: bool) -> None:
        """Go on with another controller."""


class FaultyApi:
    """An API server that does not always do what it is asked."""

    __slots__ = ("_api", "_faults", "_noise", "_start", "_world", "_writes")

    def __init__(self, api: Api, world: World, scenario: Scenario) -> None:
        self._api = api
        self._world = world
        self._start = world.now
        self._faults = scenario.faults
        self._noise = Noise(scenario.seed, _STREAM)
        self._writes = 0

    def observe(self, ask: Observe) -> Observation:
        """Look at a target, or fail to."""
        elapsed = (self._world.now - self._start) // SECOND
        for number, fault in self._active():
            share = fault.failing_reads.share if fault.failing_reads is not None else 0.0
            if share and self._noise.draw(Draw.READ, number, elapsed) < share:
                return Observation(at=ask.at, scale=ScaleUnavailable(error=f"{_UNABLE} ({_asked('get', ask.target)})"))
        return self._api.observe(ask)

    def write(self, write: WriteScale) -> Written:
        """Set a target's replicas, or refuse to."""
        self._writes += 1
        for number, fault in self._active():
            failing = fault.failing_writes
            if failing is not None and self._noise.draw(Draw.WRITE, number, self._writes) < failing.share:
                return self._refuse(write, failing.answer)
        return self._api.write(write)

    def _refuse(self, write: WriteScale, answer: WriteAnswer) -> Written:
        asked = _asked("patch", write.target)
        match answer:
            case WriteAnswer.THROTTLED:
                return ScaleRefused(key=write.key, error=f"{_TOO_MANY} ({asked})")
            case WriteAnswer.REFUSED:
                return ScaleRefused(key=write.key, error=f"{_UNABLE} ({asked})")
            case WriteAnswer.CONFLICT:
                fresh = self._api.observe(
                    Observe(key=write.key, target=write.target, metrics=(), at=self._world.now)
                ).scale
                if isinstance(fresh, Scale):
                    return ScaleConflicted(key=write.key, fresh=fresh, error=conflict(write.target))
                return ScaleRefused(key=write.key, error=fresh.error)

    def _active(self) -> Iterator[tuple[int, TimedFault]]:
        return active(self._faults, self._start, self._world.now)


class ControllerClock:
    """What the controller's clock shows. It is set, but never goes back: like the daemon's it stands still instead."""

    __slots__ = ("_jumps",)

    def __init__(self, scenario: Scenario, start: Instant) -> None:
        """Times in ``scenario`` count from ``start``."""
        self._jumps: list[tuple[Instant, Nanoseconds]] = []  # when it is set, and how far
        for fault in scenario.faults:
            if fault.clock_jump is not None:
                begin, by = start + seconds(fault.at), seconds(fault.clock_jump.by)
                self._jumps.append((begin, by))
                if fault.span is not None:
                    self._jumps.append((begin + seconds(fault.span), -by))
        self._jumps.sort()

    @property
    def is_right(self) -> bool:
        """Tell whether it shows the true time throughout."""
        return not self._jumps

    def at(self, now: Instant) -> Instant:
        """Give what it shows when the true time is ``now``: the latest that it has shown, or would show by itself."""
        offset, shown = 0, []
        for at, by in self._jumps:
            if at > now:
                break
            shown.append(at + offset)
            offset += by
        return max([*shown, now + offset])


class FaultyRun:
    """Runs a driver through restarts and with a clock that jumps."""

    __slots__ = ("_clock", "_driver", "_fresh", "_restarts", "_start", "_world")

    def __init__(self, driver: Evaluates, world: World, scenario: Scenario, fresh: Callable[[], Controller]) -> None:
        """``fresh`` makes a controller that knows nothing."""
        self._driver = driver
        self._world = world
        self._start = world.now
        self._restarts = [fault for fault in scenario.faults if fault.controller_restart is not None]
        self._clock = ControllerClock(scenario, world.now)
        self._fresh = fresh

    def run(self, ticks: Iterable[Instant]) -> None:
        """Evaluate at each of ``ticks``, in order, unless there is no controller then."""
        if not self._restarts and self._clock.is_right:
            self._driver.run(ticks)
            return
        waiting = sorted(self._restarts, key=lambda fault: fault.at)
        for tick in ticks:
            while waiting and self._start + seconds(waiting[0].at) <= tick:
                restart = waiting.pop(0).controller_restart
                keeps = restart is not None and restart.memory is Memory.KEPT
                self._driver.restart(self._fresh(), keeps_memory=keeps)
            if self._is_down(tick):
                self._world.advance(tick)
            else:
                self._driver.evaluate(tick, self._clock.at(tick))

    def _is_down(self, now: Instant) -> bool:
        begun = ((self._start + seconds(fault.at), seconds(fault.span or 0.0)) for fault in self._restarts)
        return any(begin <= now < begin + span for begin, span in begun)


def api_of(world: World, scenario: Scenario) -> Api:
    """Give the world's API, with the scenario's faults if it has any."""
    api = WorldApi(world)
    fails = any(fault.failing_reads or fault.failing_writes for fault in scenario.faults)
    return FaultyApi(api, world, scenario) if fails else api


def active(faults: Sequence[TimedFault], start: Instant, now: Instant) -> Iterator[tuple[int, TimedFault]]:
    """Give the faults that are under way at ``now``, with their numbers; times count from ``start``."""
    for number, fault in enumerate(faults):
        begin = start + seconds(fault.at)
        if begin <= now and (fault.span is None or now < begin + seconds(fault.span)):
            yield number, fault


def _asked(verb: str, target: ObjectRef) -> str:
    return f"{verb} {target.kind.lower()}s.{target.api_version.partition('/')[0]} {target.name}"
