"""Which version of this package is installed."""

from __future__ import annotations


def version() -> str:
    """Give the installed version; `unknown` when run from a folder that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("autoscaler")
    except PackageNotFoundError:
        return "unknown"
