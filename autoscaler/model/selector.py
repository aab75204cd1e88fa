"""Label selectors in their object form, as a policy holds them, and how upstream prints them in messages.

Whether one matches is asked of the query it stands for: ``label_query.query_of``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Operator(StrEnum):
    """How a requirement compares a label's value."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition on one label. ``operator`` may be a word upstream does not know: selectors are not validated."""

    key: str
    operator: Operator | str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"LabelSelectorRequirement{{Key:{self.key},Operator:{self.operator},Values:[{' '.join(self.values)}],}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    """Labels that must be equal, and requirements, all of which must hold. Empty matches everything."""

    match_labels: tuple[tuple[str, str], ...] = ()
    match_expressions: tuple[Requirement, ...] = ()

    def __str__(self) -> str:
        """Print as Go's generated String method does, labels sorted by key."""
        labels = "".join(f"{key}: {value}," for key, value in sorted(self.match_labels))
        expressions = "".join(f"{requirement}," for requirement in self.match_expressions)
        return (
            f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
            f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
        )
