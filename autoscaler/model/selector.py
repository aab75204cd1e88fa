"""Label selectors: the object form, how it matches, and how upstream prints it in messages."""

from __future__ import annotations

from collections.abc import Mapping
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

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether ``labels`` meet the requirement. An absent label meets ``NotIn``."""
        match self.operator:
            case Operator.IN:
                return self.key in labels and labels[self.key] in self.values
            case Operator.NOT_IN:
                return self.key not in labels or labels[self.key] not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.DOES_NOT_EXIST:
                return self.key not in labels
            case _:
                return False

    def __str__(self) -> str:
        return f"LabelSelectorRequirement{{Key:{self.key},Operator:{self.operator},Values:[{' '.join(self.values)}],}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSelector:
    """Labels that must be equal, and requirements, all of which must hold. Empty matches everything."""

    match_labels: tuple[tuple[str, str], ...] = ()
    match_expressions: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether an object with ``labels`` is selected."""
        return all(labels.get(key) == value for key, value in self.match_labels) and all(
            requirement.matches(labels) for requirement in self.match_expressions
        )

    def __str__(self) -> str:
        """Print as Go's generated String method does, labels sorted by key."""
        labels = "".join(f"{key}: {value}," for key, value in sorted(self.match_labels))
        expressions = "".join(f"{requirement}," for requirement in self.match_expressions)
        return (
            f"&LabelSelector{{MatchLabels:map[string]string{{{labels}}},"
            f"MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
        )
