"""What a check finds: one thing, how bad it is, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autoscaler.config.lint.manifests import Manifest
from autoscaler.model.errors import Fault


class Severity(StrEnum):
    """An error cannot work, or will fight, as it is written; a warning was probably not meant."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found. ``rule`` names the lint rule that found it and ``why`` says what follows; empty elsewhere."""

    severity: Severity
    fault: Fault
    rule: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a rule says about one place: the fact, and how to mend it.

    ``manifest`` is set where the place is not in the scaler's own manifest, and ``fix`` where the rule's own advice can
    be put more exactly.
    """

    path: str
    what: str
    fix: str = ""
    manifest: Manifest | None = None
