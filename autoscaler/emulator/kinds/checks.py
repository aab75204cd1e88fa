"""Checks that several kinds share: counts, percentages, label selectors, resource lists.

Source: kubernetes pkg/apis/core/validation/validation.go, pkg/apis/apps/validation/validation.go; apimachinery
pkg/apis/meta/v1/validation/validation.go.
"""

from collections.abc import Iterable

from autoscaler.config.object_meta import validate_labels
from autoscaler.config.resource_names import is_integer
from autoscaler.model.field_errors import FieldError, forbidden, invalid, required
from autoscaler.model.json_types import JsonObject, JsonValue
from autoscaler.model.names import label_value_faults, percent_faults, qualified_name_faults
from autoscaler.model.quantity import Quantity

NOT_NEGATIVE = "must be greater than or equal to 0"


def nonnegative(holder: JsonObject, names: Iterable[str], path: str) -> list[FieldError]:
    """Faults of counts that may be absent or zero, but not negative."""
    return [invalid(f"{path}.{name}", holder[name], NOT_NEGATIVE) for name in names if (holder.get(name) or 0) < 0]


def int_or_percent(value: JsonValue, path: str) -> list[FieldError]:
    """Faults of a count or a percentage."""
    if isinstance(value, str):
        return [invalid(path, value, fault) for fault in percent_faults(value)]
    return [invalid(path, value, NOT_NEGATIVE)] if value < 0 else []


def at_most_100_percent(value: JsonValue, path: str) -> list[FieldError]:
    """The fault of a percentage above 100."""
    if isinstance(value, str) and not percent_faults(value) and int(value[:-1]) > 100:
        return [invalid(path, value, "must not be greater than 100%")]
    return []


def percent_or_count(value: JsonValue) -> int:
    """The number in front of a percent sign, or the count; 0 for a faulty text."""
    if isinstance(value, str):
        return 0 if percent_faults(value) else int(value[:-1])
    return int(value)


def exceeds(status: JsonObject, names: Iterable[str], limit: str, told: str) -> list[FieldError]:
    """Faults of status counts that are greater than the count ``limit``."""
    most = status.get(limit, 0)
    return [
        invalid(f"status.{name}", status.get(name, 0), f"cannot be greater than {told}")
        for name in names
        if status.get(name, 0) > most
    ]


def label_selector(selector: JsonObject, path: str) -> list[FieldError]:
    """Faults of a LabelSelector object."""
    faults = validate_labels(selector.get("matchLabels"), f"{path}.matchLabels")
    for index, expression in enumerate(selector.get("matchExpressions") or ()):
        faults += _expression(expression, f"{path}.matchExpressions[{index}]")
    return faults


def is_empty_selector(selector: JsonObject) -> bool:
    """Whether the selector demands nothing."""
    return not selector.get("matchLabels") and not selector.get("matchExpressions")


def resource_quantity(name: str, text: str, path: str) -> list[FieldError]:
    """Faults of the amount of a resource: negative, or a fraction of what comes whole."""
    quantity = Quantity.from_json(text)
    faults = [invalid(path, str(quantity), NOT_NEGATIVE)] if quantity.sign < 0 else []
    if is_integer(name) and quantity.milli() % 1000:
        faults.append(invalid(path, str(quantity), "must be an integer"))
    return faults


def _expression(expression: JsonObject, path: str) -> list[FieldError]:
    operator, values = expression.get("operator", ""), expression.get("values") or []
    faults: list[FieldError] = []
    match operator:
        case "In" | "NotIn":
            if not values:
                faults.append(required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
        case "Exists" | "DoesNotExist":
            if values:
                text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                faults.append(forbidden(f"{path}.values", text))
        case _:
            faults.append(invalid(f"{path}.operator", operator, "not a valid selector operator"))
    key = expression.get("key", "")
    faults += [invalid(f"{path}.key", key, text) for text in qualified_name_faults(key)]
    for index, value in enumerate(values):
        faults += [invalid(f"{path}.values[{index}]", value, text) for text in label_value_faults(value)]
    return faults
