"""What does not fit in an observation that is well written field by field, gathered as it is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autoscaler.config.documents import Document
from autoscaler.config.field_paths import Step, format_path
from autoscaler.model.errors import Fault, InvalidObservationError


@dataclass(slots=True)
class Faults:
    """What does not fit, gathered as it is found."""

    document: Document
    found: list[Fault] = field(default_factory=list)

    def add(self, steps: Sequence[Step], what: str, hint: str = "") -> None:
        """Note one fault at the field ``steps`` lead to."""
        line = self.document.line_of(steps)
        fault = Fault(what=what, source=self.document.source, line=line, path=format_path(steps), hint=hint)
        self.found.append(fault)

    def raise_any(self) -> None:
        """Raise what was found.

        Raises:
            InvalidObservationError: something was.
        """
        if self.found:
            raise InvalidObservationError(sorted(self.found, key=lambda fault: fault.line or 0))
