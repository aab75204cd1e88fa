"""The whole demo in one process, fast: the controller scales the emulated cluster over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoscaler.demo.feed import Entry, Point
from autoscaler.demo.run import Options, Performance
from autoscaler.demo.staging import stage
from autoscaler.model.time import HOUR, MINUTE
from autoscaler.simulator.inputs import Overrides


@dataclass
class Notebook:
    """An audience that remembers everything."""

    page: str = ""
    target: str = ""
    asked: str = ""
    notes: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    up: asyncio.Event = field(default_factory=asyncio.Event)

    def greet(self, *, page: str, kubeconfig: str, target: str, notes: Sequence[str]) -> None:
        self.page, self.target = page, target
        self.notes += notes
        self.up.set()

    def answers(self, *, policy: str, options: str | None) -> None:
        self.asked = f"why {policy}{options}"

    def decided(self, entry: Entry) -> None:
        self.entries.append(entry)

    def passed(self, point: Point) -> None:
        self.points.append(point)


async def test_scales_up_under_growing_traffic_and_sums_up(tmp_path: Path) -> None:
    watched = Notebook()
    options = Options(speed=120, until=8 * MINUTE, port=None)

    summary = await Performance(stage(None, Overrides()), options, tmp_path, watched).run(asyncio.Event())

    assert summary.replicas_first == 2
    assert summary.replicas_last > 2
    assert summary.scale_ups >= 1
    assert summary.scale_downs == 0
    assert 20 <= summary.evaluations <= summary.evaluations_due + 1 <= 40
    assert summary.errors == 0
    assert summary.lost_share < 0.05
    assert summary.served + 1 >= summary.requests * (1 - summary.lost_share) - 2000
    assert watched.points[-1].ready > 2
    assert watched.asked.startswith("why default/web")
    assert any(entry.sentence.startswith("Growing from 2 to ") for entry in watched.entries)


async def test_replays_a_trace_with_a_policy_for_another_workload(tmp_path: Path) -> None:
    trace = tmp_path / "steps.csv"
    trace.write_text("timestamp,rps\n" + "".join(f"{60 * i},{50 if i < 2 else 5}\n" for i in range(30)))
    policy = tmp_path / "hpa.yaml"
    policy.write_text(
        """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: shop, namespace: team}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: shop}
  minReplicas: 1
  maxReplicas: 20
  metrics:
    - type: Pods
      pods: {metric: {name: orders_per_second}, target: {type: AverageValue, averageValue: "200"}}
"""
    )
    watched = Notebook()
    play = stage(policy, Overrides(trace=trace, scale_to=(10.0, 1500.0)))

    summary = await Performance(play, Options(speed=120, until=4 * MINUTE, port=None), tmp_path, watched).run(
        asyncio.Event()
    )

    assert watched.notes == ["orders_per_second is taken to be the requests per second that a pod serves"]
    assert watched.target == "statefulset/shop"
    assert summary.replicas_peak > 2
    assert any("orders_per_second asks for" in entry.sentence for entry in watched.entries)


async def test_stops_at_once_when_told_to(tmp_path: Path) -> None:
    watched, stop = Notebook(), asyncio.Event()
    performance = Performance(stage(None, Overrides()), Options(until=HOUR, port=0), tmp_path, watched)

    async with asyncio.timeout(10):
        running = asyncio.create_task(performance.run(stop))
        await watched.up.wait()
        stop.set()
        summary = await running

    assert watched.page.startswith("http://127.0.0.1:")
    assert summary.scale_ups == 0


async def test_a_taken_port_is_replaced_by_another(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    watched, stop = Notebook(), asyncio.Event()

    async with server, asyncio.timeout(10):
        running = asyncio.create_task(
            Performance(stage(None, Overrides()), Options(port=port), tmp_path, watched).run(stop)
        )
        await watched.up.wait()
        stop.set()
        await running

    assert watched.page.startswith("http://127.0.0.1:")
    assert str(port) not in watched.page
    assert watched.notes == [f"port {port} is taken, so the page has another one"]
