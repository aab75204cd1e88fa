"""Whether the target's selector names pods that this policy alone scales.

Source: kubernetes pkg/controller/podautoscaler/horizontal.go (validateAndParseSelector), v1.36.2.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from autoscaler.model.label_query import SelectorError, parse_label_selector

_REMEMBERED_SELECTORS = 4096


class TargetingFault(Struct, frozen=True, gc=False):
    """Why the pods cannot be told: event, condition and error have words of their own."""

    event_reason: str
    event: str
    condition_reason: str
    condition: str
    error: str


def check_targeting(selector: str, rivals: tuple[str, ...]) -> TargetingFault | None:
    """The fault of the scale's selector, if it has one. ``rivals``: every policy that selects some of its pods."""
    if not selector:
        missing = "selector is required"
        condition = "the HPA target's scale is missing a selector"
        return TargetingFault("SelectorRequired", missing, "InvalidSelector", condition, missing)
    fault = _parse_fault(selector)
    if fault:
        text = f"couldn't convert selector into a corresponding internal selector object: {fault}"
        return TargetingFault("InvalidSelector", text, "InvalidSelector", text, text)
    if rivals:
        text = f"pods by selector {selector} are controlled by multiple HPAs: [{' '.join(rivals)}]"
        return TargetingFault("AmbiguousSelector", text, "AmbiguousSelector", text, text)
    return None


@lru_cache(maxsize=_REMEMBERED_SELECTORS)
def _parse_fault(selector: str) -> str:
    try:
        parse_label_selector(selector)
    except SelectorError as error:
        return str(error)
    return ""
