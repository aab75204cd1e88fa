"""What a function says about itself to the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_rare: set[object] = set()


def rare(function: F) -> F:
    """Mark a function that is seldom called: its code is kept out of the way of what is called all the time."""
    _rare.add(function)
    return function


def is_rare(function: object) -> bool:
    """Tell whether a function is marked so."""
    return function in _rare
