"""Field paths: how a place inside a document is named in messages, such as ``spec.metrics[0].resource.name``."""

from __future__ import annotations

import re
from collections.abc import Iterable

Step = str | int

_TOKEN = re.compile(r"\.?([^.\[\]]+)|\[([^\]]*)\]")
_PLAIN = re.compile(r"[^.\[\]\s]+")


class FieldError(ValueError):
    """Found by a model in a field further down, at ``steps`` from itself, because it takes the whole to see it."""

    def __init__(self, what: str, *steps: Step) -> None:
        self.steps = steps
        super().__init__(what)


def format_path(steps: Iterable[Step]) -> str:
    """Write steps as Kubernetes does: ``a.b[0]``, and ``a[k8s.io/x]`` for a key that is no plain word."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text


def parse_path(text: str) -> tuple[str, ...]:
    """Split a written path into its steps; an index comes back as its digits."""
    return tuple(plain or bracketed for plain, bracketed in _TOKEN.findall(text))
