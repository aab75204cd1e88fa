"""Traffic that begins later and repeats."""

from __future__ import annotations

import numpy as np

from autoscaler.config.traffic import Ramp
from autoscaler.emulator.repeated_traffic import Repeated
from autoscaler.simulator.traffic import ramp

#: From 0 to 100 requests/s over 100 s, which then begins anew; the first 60 s are quiet.
TRAFFIC = Repeated(ramp(Ramp.model_validate({"from": 0, "to": 100, "over": "100s"})), period=100.0, quiet=60.0)


def test_rate_begins_after_the_quiet_and_starts_over() -> None:
    assert TRAFFIC.rate(np.array([0.0, 59.9, 60.0, 110.0, 159.0, 160.0, 210.0])).tolist() == [0, 0, 0, 50, 99, 0, 50]


def test_integral_adds_up_over_rounds() -> None:
    assert TRAFFIC.integral(np.array([0.0, 60.0, 110.0, 160.0, 210.0, 260.0])).tolist() == [
        0,
        0,
        1250,
        5000,
        6250,
        10000,
    ]


def test_integral_never_falls() -> None:
    assert np.all(np.diff(TRAFFIC.integral(np.linspace(0.0, 400.0, 4001))) >= 0)
