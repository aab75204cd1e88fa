"""The daemon is tested against a scripted server over real HTTP, and against the emulator."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from tests.scripted_server import client, requests_log, server

__all__ = ["client", "requests_log", "server"]


@pytest.fixture
def log_put_back() -> Iterator[None]:
    """Whatever the test does to the log, it is as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
