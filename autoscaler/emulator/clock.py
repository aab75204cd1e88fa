"""The emulator's clock: a callable that tells the time, given by whoever starts it."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Gives the current instant, timezone-aware."""
