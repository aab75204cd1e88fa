"""Tables of node and pod usage, as metrics-server prints them for ``kubectl get``."""

from datetime import datetime
from typing import Final

from autoscaler.emulator.tables import DEFAULT, table
from autoscaler.model.json_types import JsonObject

_PRINTER: Final = DEFAULT


def usage_table(usages: list[JsonObject], now: datetime) -> JsonObject:
    """A table with the name of each measured object."""
    return table(_PRINTER, [(usage, usage) for usage in usages], now)
