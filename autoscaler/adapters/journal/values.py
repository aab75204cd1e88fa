"""Which of the model's classes a journal may hold."""

from __future__ import annotations

import inspect
from enum import Enum
from types import ModuleType
from typing import Any, Final

import msgspec

from autoscaler.model import (
    budgets,
    controller_config,
    decision,
    guard_memory,
    memory,
    observation,
    policy,
    quantity,
    quantity_text,
    safety,
    selector,
    target,
    windows,
)

_MODULES: Final[tuple[ModuleType, ...]] = (
    budgets, controller_config, decision, guard_memory, memory, observation, policy, quantity, quantity_text, safety,
    selector, target, windows,
)  # fmt: skip


def model_values() -> tuple[type[Any], ...]:
    """Give every struct, dataclass and enum that an event or a decision is made of, by module and name."""
    return tuple(each for module in _MODULES for each in values_of(module))


def values_of(module: ModuleType) -> tuple[type[Any], ...]:
    """Give the structs, dataclasses and enums that a module defines, by name."""
    return tuple(
        each
        for _, each in sorted(inspect.getmembers(module, inspect.isclass))
        if each.__module__ == module.__name__ and _is_value(each)
    )


def _is_value(each: type[Any]) -> bool:
    return issubclass(each, msgspec.Struct | Enum) or hasattr(each, "__dataclass_fields__")
