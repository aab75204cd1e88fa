"""One replay: a fresh emulator, the sequences in file order, then the kubectl cases on another one."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from autoscaler.emulator.api_server import ApiServer
from autoscaler.model.json_types import JsonObject
from tests.conformance.api_actions import USERS, Surroundings
from tests.conformance.api_client import Client
from tests.conformance.api_kubectl import Kubectl, run_case
from tests.conformance.api_replay import SequenceResult, replay

TOKENS = {name: name for name in USERS}


def now() -> datetime:
    """The emulator's clock in the replay: the real one."""
    return datetime.now(UTC)  # noqa: TID251  # the driver of this run reads the clock


@asynccontextmanager
async def emulator() -> AsyncIterator[ApiServer]:
    """A fresh emulator with the recorded users, listening on a free port."""
    api = ApiServer(clock=now, tokens=USERS)
    await api.start()
    try:
        yield api
    finally:
        await api.stop()


async def run_sequences(sequences: list[JsonObject]) -> list[SequenceResult]:
    """Replay sequences in file order on one fresh emulator."""
    async with emulator() as api, _session() as session:
        return [await replay(item, Client(session, api.url, TOKENS), Surroundings(api)) for item in sequences]


async def run_kubectl(data: JsonObject, program: str, ids: list[str]) -> list[SequenceResult]:
    """Do the setup, then the cases (those whose id begins with one of ``ids``), in file order."""
    async with emulator() as api, _session() as session:
        setup = {"id": "kubectl setup", "steps": data["setup"]}
        results = [await replay(setup, Client(session, api.url, TOKENS), Surroundings(api))]
        with tempfile.TemporaryDirectory() as home:
            urls = {name: await api.start(nobody=user) for name, user in USERS.items()}
            kubectl = Kubectl(program, urls, Path(home))
            for case in data["cases"]:
                if not ids or any(case["id"].startswith(prefix) for prefix in ids):
                    results.append(await run_case(case, kubectl))  # noqa: PERF401  # an await each
        return results


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))


def run(sequences: list[JsonObject], data: JsonObject, program: str | None, ids: list[str]) -> list[SequenceResult]:
    """Everything that can be run here."""
    results = asyncio.run(run_sequences(sequences))
    if program is not None and data:
        results += asyncio.run(run_kubectl(data, program, ids))
    return results
