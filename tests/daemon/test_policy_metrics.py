"""Metrics of policies: which there are, what switching them off leaves, turns, and printing that spares the loop."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from autoscaler.config.settings_load import load_settings
from autoscaler.daemon.health import Checks, add_metrics, health_app, served
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.daemon.ticker import Tick
from autoscaler.model.decision import WriteResult
from tests.daemon.test_health_and_telemetry import KEY, record

PAGE = Path(__file__).parents[2] / "docs" / "running.md"


def printed(telemetry: Telemetry) -> str:
    telemetry.refresh()
    return generate_latest(telemetry.registry).decode()


@pytest.mark.parametrize(
    ("moves", "turns"),
    [
        pytest.param([(3, 5), (5, 8), (8, 9)], 0, id="always-upwards"),
        pytest.param([(3, 5), (5, 4)], 1, id="up-and-down"),
        pytest.param([(3, 5), (5, 5), (5, 4), (4, 6)], 2, id="what-stays-between-two-moves-does-not-matter"),
    ],
)
async def test_turns_are_counted(moves: list[tuple[int, int]], turns: int) -> None:
    telemetry = Telemetry(version="1")
    for current, desired in moves:
        telemetry.record(record(current=current, desired=desired))

    text = printed(telemetry)
    assert f"autoscaler_direction_flips_total {turns}.0\n" in text
    of_policy = f'autoscaler_policy_direction_flips_total{{policy="web",target_namespace="shop"}} {turns}.0\n'
    assert (of_policy in text) is bool(turns)


async def test_a_write_that_failed_is_no_move() -> None:
    telemetry = Telemetry(version="1")
    telemetry.record(record(current=3, desired=5))
    telemetry.record(record(current=5, desired=4, result=WriteResult.FAILED))
    assert "autoscaler_direction_flips_total 0.0\n" in printed(telemetry)


async def test_computing_a_metric_takes_as_long_as_reading_it() -> None:
    telemetry = Telemetry(version="1")
    telemetry.ticked(KEY, Tick(lag=0, skipped=0))
    telemetry.timed(KEY, "resource", 0.25)
    telemetry.record(record())

    text = printed(telemetry)
    labels = 'action="none",error="none",metric_type="Resource"'
    assert f"autoscaler_metric_computation_duration_seconds_sum{{{labels}}} 0.25\n" in text
    assert 'autoscaler_metric_read_seconds_count{source="resource"} 1.0\n' in text


async def test_series_of_policies_can_be_switched_off() -> None:
    off = load_settings({}, environment={"AUTOSCALER_TELEMETRY__PER_POLICY": "false"}).settings
    telemetry = Telemetry(version="1", per_policy=off.telemetry.per_policy)
    telemetry.record(record())
    telemetry.record(record(current=5, desired=3))

    text = printed(telemetry)
    assert "web" not in text
    assert "autoscaler_direction_flips_total 1.0\n" in text
    telemetry.forget(KEY)


async def test_openmetrics_are_served_to_whom_asks_for_them() -> None:
    app, telemetry = health_app(Checks(live={}, ready={})), Telemetry(version="1")
    add_metrics(app, telemetry.registry, telemetry.refresh)
    telemetry.record(record())

    async with served(app, "127.0.0.1", 0) as port, aiohttp.ClientSession() as session:
        accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
        async with session.get(f"http://127.0.0.1:{port}/metrics", headers=accept) as response:
            kind, text = response.headers["Content-Type"], await response.text()

    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert families["autoscaler_reconciliations"].type == "counter"


class Slow(CollectorRegistry):
    """Takes its time to be printed, as thousands of series do."""

    def __init__(self, taken: list[int]) -> None:
        super().__init__()
        self._taken = taken

    def collect(self):
        import threading

        self._taken.append(len(self._taken))
        threading.Event().wait(0.02)
        return super().collect()


async def test_scrapers_beside_each_other_share_a_printing() -> None:
    taken: list[int] = []
    app = health_app(Checks(live={}, ready={}))
    add_metrics(app, Slow(taken), lambda: None)

    async def scrape(port: int) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/metrics") as response,
        ):
            return response.status

    async with served(app, "127.0.0.1", 0) as port:
        codes = await asyncio.gather(*(scrape(port) for _ in range(8)))

    assert codes == [200] * 8
    assert len(taken) == 1


def test_the_documentation_gives_the_labels_of_each_metric() -> None:
    """Both ways: each row's metrics have just these labels, and no metric is without a row."""
    documented: dict[str, tuple[str, ...]] = {}
    for row in re.findall(r"^\| (`(?:autoscaler|leader)_[^|]*)\|([^|]*)\|", PAGE.read_text(), flags=re.MULTILINE):
        for name in re.findall(r"`([a-z_]+)`", row[0]):
            documented[name] = tuple(sorted(label.strip() for label in row[1].split(",") if label.strip()))

    telemetry = Telemetry(version="1")
    served_labels: dict[str, tuple[str, ...]] = {}
    for collector in set(telemetry.registry._names_to_collectors.values()):
        suffix = "_total" if collector._type == "counter" else ""
        served_labels[f"{collector._name}{suffix}"] = tuple(sorted(collector._labelnames))
    assert documented == served_labels
