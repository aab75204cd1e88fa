"""Every case of the HPA conformance data as one test: upstream's own answers decide."""

from __future__ import annotations

import os

import pytest

from tests.conformance.hpa import Case, check, folder_of, load

CASES = list(load(folder_of()))


def test_there_are_cases() -> None:
    if not CASES and os.environ.get("CI") != "true":
        pytest.skip(f"no conformance data in {folder_of()}; set AUTOSCALER_HPA_VECTORS")
    assert CASES, f"no conformance data in {folder_of()}; set AUTOSCALER_HPA_VECTORS"


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.kind}:{case.id}") for case in CASES])
def test_upstream_agrees(case: Case) -> None:
    assert check(case) == []
