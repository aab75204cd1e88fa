"""A metric's label selector as the text of a query parameter.

Source: apimachinery pkg/apis/meta/v1/helpers.go, LabelSelectorAsSelector; pkg/labels/selector.go, Requirement.String.
"""

from __future__ import annotations

from autoscaler.model.selector import LabelSelector, Operator, Requirement


def query_text(selector: LabelSelector | None) -> str:
    """Write a selector as text, sorted by key; absent and empty both select everything.

    Raises: ValueError, with upstream's words, on an operator it does not know.
    """
    if selector is None:
        return ""
    requirements = [(key, f"{key}={value}") for key, value in selector.match_labels]
    requirements += [(requirement.key, _text(requirement)) for requirement in selector.match_expressions]
    return ",".join(text for _, text in sorted(requirements, key=lambda pair: pair[0]))


def _text(requirement: Requirement) -> str:
    key, values = requirement.key, ",".join(sorted(requirement.values))
    match requirement.operator:
        case Operator.IN | Operator.NOT_IN if not requirement.values:
            raise ValueError("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
        case Operator.IN:
            return f"{key} in ({values})"
        case Operator.NOT_IN:
            return f"{key} notin ({values})"
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
        case _:
            raise ValueError(f'"{requirement.operator}" is not a valid label selector operator')
