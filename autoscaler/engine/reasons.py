"""The one word for what settled the number, from a closed list: for tables, labels and alerts."""

from __future__ import annotations

from autoscaler.engine.constrain.normalize import Normalized
from autoscaler.engine.constrain.rates import IN_RANGE, TOO_FEW, TOO_MANY
from autoscaler.engine.recommend.combine import Recommended
from autoscaler.model.decision import Reason

# Bound once: a member is looked up slowly on Python 3.11, and most passes end with one of these.
_STABILIZED, _WITHIN_TOLERANCE = Reason.STABILIZED, Reason.WITHIN_TOLERANCE


def reason_of(recommended: Recommended, normalized: Normalized, current: int, desired: int) -> Reason:
    """Name the last thing that bound; where nothing did, the direction."""
    if normalized.limit != IN_RANGE:
        return {TOO_MANY: Reason.AT_MAX, TOO_FEW: Reason.AT_MIN}.get(normalized.limit, Reason.RATE_LIMITED)
    if normalized.stabilized:
        return _STABILIZED
    if desired > current:
        return Reason.SCALED_UP
    if desired < current:
        return Reason.SCALED_DOWN
    if recommended.error:
        return Reason.METRIC_MISSING
    return _WITHIN_TOLERANCE if recommended.is_within_tolerance else Reason.UNCHANGED
