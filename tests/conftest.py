"""What every test shares: a real program that is missing is a visible skip, and a failure where CI=true."""

from __future__ import annotations

import os
import shutil

import pytest

#: Programs that can stand in for a service named in ``@pytest.mark.service``.
PROGRAMS = {
    "kubectl": ("kubectl",),
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "prometheus": ("prometheus",),
}


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
