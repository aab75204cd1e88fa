"""The daemon as something that runs: inside another program until it is told to stop, or as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable

import structlog

from autoscaler.config.policies import LoadedPolicies
from autoscaler.config.settings import Settings
from autoscaler.daemon.clock import AnchoredClock, Clock
from autoscaler.daemon.recorder import OnRecord
from autoscaler.daemon.sources import policy_loader
from autoscaler.daemon.wiring import Running, assembled
from autoscaler.model.errors import Fault, InvalidPolicyError, InvalidSettingsError
from autoscaler.model.label_query import SelectorError, parse_label_selector

_log = structlog.get_logger("autoscaler")


async def run_daemon(
    settings: Settings,
    *,
    stop: asyncio.Event,
    clock: Clock | None = None,
    on_record: OnRecord | None = None,
    ready: Callable[[Running], None] | None = None,
    version: str = "unknown",
) -> None:
    """Run until ``stop`` is set; then begin no pass, finish the writes under way, and return.

    ``clock`` gives the instants (default: UTC, monotonic); a fast one makes short rounds. ``on_record`` is told the
    story of every pass; ``ready`` that the daemon is up, which does not mean that the API server is: one that is away
    is reported, nothing is scaled, and work goes on by itself once it answers.

    Raises: InvalidSettingsError, InvalidPolicyError where a start makes no sense.
    """
    await asyncio.to_thread(_check, settings)
    async with assembled(settings, clock or AnchoredClock(), on_record=on_record, version=version) as running:
        about: dict[str, object] = {"server": running.server, "port": running.port, "version": version}
        if running.explain is not None:
            about["explanations"] = running.explain
        if running.push is not None:
            about["pushes"] = running.push
        _log.info(_doing(settings), **about)
        if ready is not None:
            ready(running)
        await stop.wait()
        _log.info("stopping: writes under way are finished")
    _log.info("stopped")


async def run_until_signalled(settings: Settings, *, version: str) -> None:
    """Run as a process of its own: SIGTERM or SIGINT stops it in order, a second one at once.

    Raises: as ``run_daemon``.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    await run_daemon(settings, stop=stop, version=version)


def _doing(settings: Settings) -> str:
    if settings.shadow:
        return "running: in the shadow of the built-in controller, nothing is written"
    if settings.apply:
        return "running: replica counts are written"
    return "running: observing only, nothing is written; --apply lets it scale"


def _check(settings: Settings) -> None:
    """Refuse to start where it makes no sense."""
    if settings.shadow:
        _check_shadow(settings)
    else:
        _check_policies(settings)


def _check_policies(settings: Settings) -> None:
    """Refuse to start without any policy; one good one among bad ones is enough."""
    if not settings.policies:
        hint = "pass --policies FILE, DIRECTORY or `cluster`, or --shadow to follow the cluster's own HPA objects"
        raise InvalidSettingsError([Fault(what="no policies are named", path="policies", hint=hint)])
    loaded = policy_loader(settings)(LoadedPolicies())
    if loaded.faults and not loaded.policies and settings.policy_files == settings.policies:
        raise InvalidPolicyError(loaded.faults)


def _check_shadow(settings: Settings) -> None:
    faults = []
    if settings.apply:
        faults.append(Fault(what="a shadow never writes", path="apply", hint="drop --apply, or drop --shadow"))
    if settings.policies:
        hint = "drop --policies; --namespaces and --selector choose among the cluster's HPA objects"
        faults.append(Fault(what="a shadow follows the cluster's own HPA objects", path="policies", hint=hint))
    try:
        parse_label_selector(settings.selector)
    except SelectorError as error:
        faults.append(Fault(what=str(error), path="selector", hint="write key=value, key in (a,b), !key; with commas"))
    if faults:
        raise InvalidSettingsError(faults)
