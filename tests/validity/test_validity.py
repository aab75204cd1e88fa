"""The rows of the validity table that CI has time for; ``python -m tests.validity`` runs them all, and longer."""

from __future__ import annotations

import os

import pytest

from tests.validity import worlds
from tests.validity.check import Kind, MachineBusyError
from tests.validity.table import CHECKS, PAGE


@pytest.mark.parametrize("check", [pytest.param(check, id=check.name) for check in CHECKS if check.in_ci])
def test_the_simulator_is_right(check):
    if check.kind is Kind.FLUID and not worlds.traces().is_dir():
        complaint = f"no traces at {worlds.traces()}; set AUTOSCALER_TRACES"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(complaint)
    try:
        finding = check.run(True)
    except MachineBusyError as error:
        pytest.skip(str(error))
    assert finding.holds, f"{check.what}: {finding.found} for {finding.reference}, accepted {check.accepted}"


def test_names_are_unique():
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)


def test_the_page_shows_every_check_and_all_hold():
    page = PAGE.read_text()
    assert [check.name for check in CHECKS if f"| {check.what} |" not in page] == []
    assert f"{len(CHECKS)} of {len(CHECKS)} checks hold." in page
