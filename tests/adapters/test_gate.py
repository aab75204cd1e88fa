"""Requests at the gate on a virtual clock: who waits for whom, and what a busy server costs."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random  # noqa: TID251  # seeded below

import pytest

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.gate import Gate

SCALE = Subject(verb="patch", resource="deployments.apps/scale")
READ = Subject(verb="get", resource="deployments.apps/scale")
STATUS = Subject(verb="patch", resource="horizontalpodautoscalers.autoscaling/status")
USAGE = Subject(verb="list", resource="pods.metrics.k8s.io")
DEPTH = Subject(verb="list", resource="depth.external.metrics.k8s.io")


class BusyServer:
    """Answers after 5 ms; ``share`` of all answers is 429, please wait a second."""

    def __init__(self, gate: Gate, share: float, seed: int = 1) -> None:
        self.gate = gate
        self.share = share
        self.random = Random(seed)
        self.asked: list[float] = []
        self.refused = 0

    async def ask(self, subject: Subject) -> float:
        """Ask as the client does, until answered; give how long that took [s]."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while True:
            async with self.gate.turn(subject) as turn:
                self.asked.append(loop.time())
                await asyncio.sleep(0.005)
                if self.random.random() >= self.share:
                    turn.answered()
                    return loop.time() - began
                turn.refused()
                self.refused += 1
            with self.gate.patience(subject):
                await asyncio.sleep(1.0)


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * len(values))]


@pytest.mark.looptime
async def test_where_there_is_room_nobody_waits() -> None:
    server = BusyServer(Gate(), share=0.0)

    times = await asyncio.gather(*(server.ask(READ) for _ in range(80)))

    assert {round(time, 6) for time in times} == {0.005}
    assert not server.gate.is_pressed


@pytest.mark.looptime
async def test_with_half_of_all_answers_429_scale_writes_go_through() -> None:
    """A thousand policies under a server that refuses half: 300 reads and 60 statuses a second are asked for."""
    server = BusyServer(Gate(), share=0.5)
    loop = asyncio.get_running_loop()
    others: list[asyncio.Task[float]] = []

    async def load() -> None:
        while True:
            others.extend(asyncio.ensure_future(server.ask(READ)) for _ in range(3))
            if len(others) % 5 == 0:
                others.append(asyncio.ensure_future(server.ask(STATUS)))
            await asyncio.sleep(0.01)

    loading = asyncio.ensure_future(load())
    await asyncio.sleep(5)
    scales: list[asyncio.Task[float]] = []
    for _ in range(300):
        scales.append(asyncio.ensure_future(server.ask(SCALE)))
        await asyncio.sleep(0.5)
    times = await asyncio.gather(*scales)
    ended = loop.time()
    for task in (loading, *others):
        task.cancel()
    await asyncio.gather(loading, *others, return_exceptions=True)

    # Half of the tries fail and wait a second: of 100 writes one needs seven tries. The queue adds next to nothing.
    assert quantile(times, 0.50) < 1.5
    assert quantile(times, 0.99) < 8.0
    # No storm: refusals are a few per second, although 360 requests a second were to be made.
    per_second = Counter(int(at) for at in server.asked if 2 <= at < ended)
    assert max(per_second.values()) < 60
    assert server.refused / ended < 15


@pytest.mark.looptime
async def test_a_server_that_is_well_again_is_asked_at_full_rate_after_half_a_minute() -> None:
    gate = Gate(rate=1000.0)
    server = BusyServer(gate, share=1.0)
    hurt = [asyncio.ensure_future(server.ask(READ)) for _ in range(200)]
    await asyncio.sleep(20)
    assert gate.rate == 5.0

    server.share = 0.0
    await asyncio.gather(*hurt)
    for _ in range(35):
        await server.ask(READ)
        await asyncio.sleep(0.9)
    assert gate.rate == 1000.0


@pytest.mark.looptime
async def test_scale_writes_pass_reads_and_reads_pass_statuses() -> None:
    gate = Gate(rate=5.0)
    order: list[str] = []

    async def ask(name: str, subject: Subject) -> None:
        async with gate.turn(subject):
            order.append(name)

    async with gate.turn(READ):  # uses up the one request that may begin at once
        waiting = [
            asyncio.ensure_future(ask(name, subject))
            for name, subject in [("status", STATUS), ("read", READ), ("scale", SCALE), ("second scale", SCALE)]
        ]
        await asyncio.sleep(0)
        assert gate.is_pressed
    await asyncio.gather(*waiting)

    assert order == ["scale", "second scale", "read", "status"]
    assert not gate.is_pressed


@pytest.mark.looptime
async def test_a_metrics_api_that_is_busy_slows_down_nothing_else() -> None:
    gate = Gate()
    adapter = BusyServer(gate, share=1.0)
    hurt = asyncio.ensure_future(adapter.ask(USAGE))
    await asyncio.sleep(60)

    for subject in (SCALE, DEPTH):
        assert round(await BusyServer(gate, share=0.0).ask(subject), 6) == 0.005
    assert gate.rate == 1000.0
    assert not gate.is_pressed
    hurt.cancel()


@pytest.mark.looptime
async def test_who_gives_up_leaves_no_trace() -> None:
    gate = Gate(rate=5.0, at_once=1)
    holding = asyncio.ensure_future(BusyServer(gate, share=0.0).ask(READ))
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(BusyServer(gate, share=0.0).ask(SCALE)) for _ in range(10)]
    await asyncio.sleep(0.001)
    assert gate.is_pressed

    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await holding

    assert not gate.is_pressed
    assert round(await BusyServer(gate, share=0.0).ask(READ), 1) <= 0.2


@pytest.mark.looptime
async def test_a_gate_without_a_rate_holds_nobody() -> None:
    server = BusyServer(Gate(None), share=0.0)

    times = await asyncio.gather(*(server.ask(READ) for _ in range(5000)))

    assert {round(time, 6) for time in times} == {0.005}
    assert not server.gate.is_pressed
