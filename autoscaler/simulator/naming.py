"""Names that can head the columns of one table: each once."""

from __future__ import annotations

from collections.abc import Iterable


def distinct(names: Iterable[str]) -> list[str]:
    """Give the names, numbered where one came before: ``web``, ``web (2)``."""
    given: list[str] = []
    for name in names:
        number, free = 2, name
        while free in given:
            free, number = f"{name} ({number})", number + 1
        given.append(free)
    return given
