"""Times in service, balancing and retries in a scenario file: what may be said, and what is wrong with the rest."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from autoscaler.config.scenario import ClientRetries, Scenario, Spread

BASE = {"name": "test", "duration": "1h", "traffic": {"constant": {"rps": 5}}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"shape": "lognormal"}, "lognormal times need a cv", id="no-cv"),
        pytest.param({"cv": 2}, "exponential times have no cv of their own", id="cv-of-exponential"),
        pytest.param({"shape": "gamma", "cv": 0}, "greater than 0", id="cv-of-zero"),
        pytest.param({"shape": "empirical"}, "empirical times need quantiles", id="no-quantiles"),
        pytest.param({"shape": "constant", "quantiles": [1, 2]}, "have no quantiles", id="quantiles-of-constant"),
        pytest.param({"shape": "empirical", "quantiles": [1]}, "at least two numbers", id="one-quantile"),
        pytest.param(
            {"shape": "empirical", "quantiles": [2, 1]}, "at least as large as the one before", id="unordered"
        ),
        pytest.param({"shape": "uniform"}, "'constant', 'lognormal', 'gamma' or 'empirical'", id="unknown-shape"),
    ],
)
def test_spreads_that_cannot_be(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Spread.model_validate(fields)


def test_a_pause_within_its_limit() -> None:
    with pytest.raises(ValidationError, match=r"backoff \(20 s\) is longer than backoff_limit \(10 s\)"):
        ClientRetries.model_validate({"backoff": "20s"})


def test_a_fluid_does_not_follow_retries() -> None:
    service = {"retries": {"attempts": 2}}
    with pytest.raises(ValidationError, match=r"service\.retries: a fluid has no single requests to send again"):
        Scenario.model_validate({**BASE, "service": service})
    assert Scenario.model_validate({**BASE, "service": service, "fidelity": "request"}).service.retries is not None
