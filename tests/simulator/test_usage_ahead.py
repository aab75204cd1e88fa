"""Usage that was worked out for many scrapes at once is what each scrape by itself would have given."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from autoscaler.config.scenario import Scenario
from autoscaler.config.traffic import Diurnal
from autoscaler.model.time import HOUR, SECOND
from autoscaler.simulator.ledger import Ledger
from autoscaler.simulator.noise import Noise
from autoscaler.simulator.pipeline import Pipeline
from autoscaler.simulator.pod import Container
from autoscaler.simulator.service import FluidService
from autoscaler.simulator.traffic import diurnal

TRAFFIC = diurnal(Diurnal(low=20, high=180, period="1h", peak_at="30m"))
#: What happens to three pods, by second: the second one comes, then goes, and a third comes for good.
TURNS = {901: ("join", 1), 2107: ("leave", 1), 2400: ("join", 2)}


def scenario(interval: int, window: int, memory: str) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "ahead",
            "duration": "1h",
            "traffic": {"constant": {"rps": 1}},
            "service": {
                "mean_service_time": "100ms",
                "slots": 30,
                "cpu_per_request": "3m",
                "cpu_at_rest": "7m",
                "memory_at_rest": "100Mi",
                "memory_per_request": memory,
            },
            "metrics": {"scrape_interval": f"{interval}s", "resource_window": f"{window}s"},
        }
    )


@pytest.mark.parametrize(
    ("interval", "window", "memory"),
    [
        pytest.param(15, 15, "1Mi", id="one-interval"),
        pytest.param(15, 60, "0", id="four-intervals"),
        pytest.param(15, 40, "333Ki", id="a-window-that-begins-between-two-scrapes"),
        pytest.param(30, 10, "1Mi", id="a-window-within-one-interval"),
        pytest.param(60, 1500, "1Mi", id="a-window-longer-than-what-is-foreseen"),
    ],
)
def test_ahead_is_as_one_by_one(interval: int, window: int, memory: str) -> None:
    spec = scenario(interval, window, memory)
    noise = Noise(3, 0)
    fluid = FluidService(spec.service, Ledger(TRAFFIC, 3600), 0, noise=noise, every=interval)
    ahead, single = Pipeline(spec, noise), Pipeline(spec, noise)
    there = {0: Container("web-0", 0, -HOUR)}
    fluid.join(0, 0)
    shown: tuple[Container, ...] = tuple(there.values())
    foreseen = 0
    for second in range(3601):
        at = second * SECOND
        if second in TURNS:
            turn, pod = TURNS[second]
            if turn == "join":
                there[pod] = Container(f"web-{pod}", pod, at)
                fluid.join(pod, at)
            else:
                del there[pod]
                fluid.leave(pod, at)
            shown = tuple(there.values())
        if second % interval == 0:
            fluid.catch_up(at)
            counters = fluid.counters([pod.number for pod in shown])
            foreseen += counters.foreseen is not None
            ahead.scrape(at, shown, counters)
            single.scrape(at, shown, replace(counters, foreseen=None))
        later = at + 2 * SECOND
        assert ahead.usage(later) == single.usage(later)
    assert foreseen > 3600 / interval * 0.8
