"""Adding up resource amounts, exactly.

Source: kubernetes apimachinery pkg/api/resource/quantity.go, Add and Sub.
"""

from collections.abc import Mapping

from autoscaler.model.json_types import JsonObject
from autoscaler.model.quantity import Quantity

Amounts = Mapping[str, Quantity]
"""Amounts of resources by name."""

ZERO = Quantity(0)


def plus(left: Quantity, right: Quantity) -> Quantity:
    """The sum, in the left one's format; zero takes the right one's."""
    exponent = min(left.exponent, right.exponent)
    mantissa = left.mantissa * 10 ** (left.exponent - exponent) + right.mantissa * 10 ** (right.exponent - exponent)
    return Quantity(mantissa, exponent, right.format if left.is_zero else left.format)


def minus(left: Quantity, right: Quantity) -> Quantity:
    """The difference, in the left one's format; zero takes the right one's."""
    return plus(left, Quantity(-right.mantissa, right.exponent, right.format))


def amounts_of(amounts: JsonObject | None) -> dict[str, Quantity]:
    """Quantities by resource name."""
    return {name: Quantity.from_json(amount) for name, amount in (amounts or {}).items()}


def add_to(total: dict[str, Quantity], amounts: Amounts) -> None:
    """Add every amount to ``total``, in place."""
    for name, amount in amounts.items():
        total[name] = plus(total.get(name, ZERO), amount)


def container_amounts(container: JsonObject, side: str) -> dict[str, Quantity]:
    """A container's ``requests`` or ``limits``."""
    return amounts_of((container.get("resources") or {}).get(side))


def pod_amounts(spec: JsonObject, side: str) -> dict[str, Quantity]:
    """A pod's requests or limits: all containers and sidecars together, or the largest init container."""
    total: dict[str, Quantity] = {}
    for container in spec.get("containers") or ():
        add_to(total, container_amounts(container, side))
    sidecars: dict[str, Quantity] = {}
    largest: dict[str, Quantity] = {}
    for container in spec.get("initContainers") or ():
        own = container_amounts(container, side)
        if container.get("restartPolicy") == "Always":
            add_to(total, own)
            add_to(sidecars, own)
            own = {}
        for name in {*own, *sidecars}:
            peak = plus(own.get(name, ZERO), sidecars.get(name, ZERO))
            largest[name] = max(largest.get(name, ZERO), peak)
    result = {name: max(total.get(name, ZERO), largest.get(name, ZERO)) for name in {*total, *largest}}
    overhead = amounts_of(spec.get("overhead"))
    add_to(result, {name: amount for name, amount in overhead.items() if side == "requests" or name in result})
    return result
