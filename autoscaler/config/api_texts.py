"""What the fields of a policy mean, for editors and ``kubectl explain``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def meaning(kind: str, field: str = "") -> str:
    """Say what a field of a Go type means, or the type itself; empty where nothing is said."""
    return _texts().get(kind, {}).get(field, "")


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files("autoscaler.config").joinpath("api_texts.toml").read_text(encoding="utf-8"))
