"""What every test shares: a real program that is missing is a visible skip, and a failure where CI=true."""

from __future__ import annotations

import asyncio
import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about us: benchmarks/ measures speed, tests do not.
settings.register_profile("no-clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-clock")

#: Programs that can stand in for a service named in ``@pytest.mark.service``.
PROGRAMS = {
    "kubectl": ("kubectl",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "prometheus": ("prometheus",),
    "openssl": ("openssl",),
}


def pytest_configure() -> None:
    """Say that there is no event loop yet.

    looptime asks for the current one before each test; without a word on it, asyncio makes one that nobody closes.
    """
    asyncio.set_event_loop(None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or in CI fail, a test whose service is not on the machine."""
    for mark in item.iter_markers("service"):
        (name,) = mark.args
        if any(shutil.which(program) for program in PROGRAMS[name]):
            continue
        complaint = f"{name} is not on this machine; see tests/services"
        if os.environ.get("CI") == "true":
            pytest.fail(complaint, pytrace=False)
        pytest.skip(complaint)
