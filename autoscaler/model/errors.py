"""What can go wrong, split by what the caller can do about it.

AutoscalerError
    InvalidInputError        a person must fix a file or a flag
        InvalidPolicyError       a policy: the last good version stays in force
        InvalidScenarioError     a scenario
        InvalidTraceError        a trace
        InvalidObservationError  an observation
        InvalidSettingsError     flags, environment, settings file
    UnreachableError         try again later: the API server or a metric source does not answer
    NoDataError              the source answers, but holds nothing of what was asked for
    WorkerLostError          a process that played simulations for us has gone
    InvariantError           a promise of ours is broken: stop writing and report it

A scale that could not be read, a metric that could not be fetched and a write that was refused are not exceptions:
they are values (see ``observation``) and events (see ``control.messages``), because the decision must handle them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong in what a person wrote: where, what, and how to mend it."""

    what: str
    source: str = ""  #: file name, flag or environment variable
    line: int | None = None
    path: str = ""  #: field path, such as ``spec.metrics[0].resource.name``
    hint: str = ""

    def __str__(self) -> str:
        place = self.source + (f":{self.line}" if self.line is not None else "")
        head = ": ".join(part for part in (place, self.path, self.what) if part)
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class AutoscalerError(Exception):
    """Root of every error this package raises on purpose."""


class InvalidInputError(AutoscalerError):
    """A person must mend what they wrote; holds one ``Fault`` for each thing wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class InvalidPolicyError(InvalidInputError):
    """A policy file or object cannot be used."""


class InvalidScenarioError(InvalidInputError):
    """A scenario file cannot be used."""


class InvalidTraceError(InvalidInputError):
    """A trace file cannot be used."""


class InvalidObservationError(InvalidInputError):
    """An observation file cannot be used."""


class InvalidSettingsError(InvalidInputError):
    """A flag, environment variable or settings file cannot be used."""


class UnreachableError(AutoscalerError):
    """A server does not answer; the caller holds what it has and tries again later."""


class NoDataError(AutoscalerError):
    """The source answers, but holds nothing of what was asked for."""


class WorkerLostError(AutoscalerError):
    """A process that played simulations ended in the middle of one."""


class InvariantError(AutoscalerError):
    """A promise of the engine does not hold; no write may follow."""
