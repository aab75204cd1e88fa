"""Puts the demo together: cluster, traffic, controller and page in one process, the controller behind real HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from autoscaler.config.settings import HttpSettings, JournalSettings, KubernetesSettings, Settings
from autoscaler.control.messages import Record
from autoscaler.daemon.process import run_daemon
from autoscaler.daemon.wiring import Running
from autoscaler.demo.decision_log import DecisionLog
from autoscaler.demo.feed import Entry, Feed, Meta, Point
from autoscaler.demo.metric_titles import metric_title
from autoscaler.demo.page import LOOPBACK, Page
from autoscaler.demo.sampler import Sampler
from autoscaler.demo.staging import Play
from autoscaler.demo.tally import Summary, Tally
from autoscaler.emulator.api_server import ADMIN_TOKEN
from autoscaler.emulator.builtin import AUTOSCALERS
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.scene import Scene
from autoscaler.model.controller_config import DEFAULT_CONFIG
from autoscaler.model.time import Nanoseconds

DEFAULT_PORT: Final = 8090  #: of the page; another one if it is taken
#: Where `status` and `why` look by default; the controller answers at another one if it is taken.
EXPLAIN_PORT: Final = 8081


class Audience(Protocol):
    """Who watches in the terminal."""

    def greet(self, *, page: str, kubeconfig: str, target: str, notes: Sequence[str]) -> None:
        """Everything is up. ``page`` is empty where none is served; ``target`` is as kubectl takes it."""

    def answers(self, *, policy: str, options: str | None) -> None:
        """The controller is up. ``options``: what `status` and `why` need to reach it; ``None``: they cannot."""

    def decided(self, entry: Entry) -> None:
        """A pass has ended."""

    def passed(self, point: Point) -> None:
        """A moment has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to play. ``until`` is in simulated time; absent, until stopped. ``port`` absent: no page.

    ``journal``: where the controller keeps what it saw and decided.
    """

    speed: float = 30.0
    until: Nanoseconds | None = None
    port: int | None = DEFAULT_PORT
    journal: Path | None = None
    version: str = "unknown"


class Performance:
    """One run. ``folder`` takes the kubeconfig and the policy file; it is the caller's to remove."""

    def __init__(self, play: Play, options: Options, folder: Path, audience: Audience) -> None:
        self._play = play
        self._options = options
        self._audience = audience
        self._kubeconfig = folder / "kubeconfig"
        self._policy_file = folder / "policy.yaml"
        self._scene = Scene(play.inputs, speed=options.speed, most_replicas=play.policy.max_replicas)
        self._feed = Feed(self._meta())
        self._log = DecisionLog()
        self._tally = Tally(
            play.inputs.scenario.pods.initial_replicas, play.policy.period_or(DEFAULT_CONFIG.sync_period)
        )
        self._sampler = Sampler(self._scene)

    async def run(self, stop: asyncio.Event) -> Summary:
        """Play until ``stop`` is set or the time is up; then let the controller finish, and sum up."""
        async with AsyncExitStack() as stack:
            await self._open(stack)
            try:
                await self._play_on(stop)
            except BaseExceptionGroup as group:
                raise group.exceptions[0] from None  # parts of one whole: the first to break is what went wrong
            return self._tally.summary(self._scene)

    async def _play_on(self, stop: asyncio.Event) -> None:
        """Run the world, the page's points and the controller side by side; none goes on when one breaks."""
        async with asyncio.TaskGroup() as tasks:
            endless = [tasks.create_task(part) for part in (self._scene.run(), self._sample(), self._end(stop))]
            await run_daemon(
                self._settings(),
                stop=stop,
                clock=self._scene.clock,
                on_record=self._record,
                ready=self._ready,
                version=self._options.version,
            )
            for task in endless:
                task.cancel()

    async def _open(self, stack: AsyncExitStack) -> None:
        """Start the cluster, then the page, and say where they are."""
        stack.push_async_callback(self._scene.stop)
        url = await self._scene.start()
        namespace = self._play.policy.key.namespace
        write_kubeconfig(self._kubeconfig, url, ADMIN_TOKEN, namespace=namespace)
        self._policy_file.write_text(self._play.text, encoding="utf-8")
        self._scene.api.store.create(AUTOSCALERS, self._play.manifest, namespace)
        notes = list(self._play.notes)
        address = ""
        if self._options.port is not None:
            page, address = await _open_page(self._feed, self._options.port, notes)
            stack.push_async_callback(page.stop)
        target = self._play.policy.target
        self._audience.greet(
            page=address, kubeconfig=str(self._kubeconfig), target=f"{target.kind.lower()}/{target.name}", notes=notes
        )

    async def _sample(self) -> None:
        while True:
            point = self._sampler.point()
            self._feed.add_point(point)
            self._audience.passed(point)
            await asyncio.sleep(self._sampler.interval)

    async def _end(self, stop: asyncio.Event) -> None:
        """Stop when the time is up."""
        if self._options.until is not None:
            await asyncio.sleep(self._scene.clock.wait_for(self._options.until))
            stop.set()

    def _record(self, record: Record) -> None:
        """Tell everybody of a pass."""
        self._sampler.saw(record)
        self._tally.add(record)
        for entry in self._log.add(record):
            self._feed.add_decision(entry)
            self._audience.decided(entry)

    def _ready(self, running: Running) -> None:
        """Say how to ask the controller, once it is there."""
        port = running.explain
        elsewhere = None if port is None else f" --url http://{LOOPBACK}:{port}"
        options = "" if port == EXPLAIN_PORT else elsewhere
        self._audience.answers(policy=str(self._play.policy.key), options=options)

    def _settings(self) -> Settings:
        return Settings(
            policies=(self._policy_file,),
            apply=True,
            kubernetes=KubernetesSettings(kubeconfig=self._kubeconfig),
            http=HttpSettings.model_validate(
                {"listen": f"{LOOPBACK}:0", "explain": f"{LOOPBACK}:{EXPLAIN_PORT if _is_free(EXPLAIN_PORT) else 0}"}
            ),
            journal=JournalSettings(path=self._options.journal),
        )

    def _meta(self) -> Meta:
        policy = self._play.policy
        return Meta(
            target=f"{policy.target.kind} {policy.target.name}",
            minimum=1 if policy.min_replicas is None else policy.min_replicas,
            maximum=policy.max_replicas,
            speed=self._options.speed,
            slo=self._play.inputs.scenario.slo.latency,
            kubectl=f"kubectl --kubeconfig {self._kubeconfig} get deploy,pods,hpa",
            metrics=tuple(metric_title(metric) for metric in policy.metrics),
        )


def _is_free(port: int) -> bool:
    """Tell whether somebody could listen there now."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


async def _open_page(feed: Feed, port: int, notes: list[str]) -> tuple[Page, str]:
    """Serve the page on ``port``, or on any free one with a note that says so."""
    page = Page(feed)
    try:
        return page, await page.start(port)
    except OSError:
        await page.stop()
    notes.append(f"port {port} is taken, so the page has another one")
    page = Page(feed)
    return page, await page.start(0)
