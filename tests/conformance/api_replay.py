"""Replay of recorded sequences against an emulator."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from autoscaler.model.json_types import JsonObject
from tests.conformance.api_actions import Surroundings
from tests.conformance.api_client import Answer, Client
from tests.conformance.api_compare import differences
from tests.conformance.api_placeholders import Bindings
from tests.conformance.api_trim import trimmed


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step: its name (or place), and how the answer differs from the recorded one."""

    name: str
    differences: list[str]


@dataclass(slots=True)
class SequenceResult:
    """A replayed sequence."""

    id: str
    steps: list[StepResult] = field(default_factory=list)

    @property
    def matched(self) -> int:
        return sum(not step.differences for step in self.steps)

    @property
    def mismatched(self) -> list[StepResult]:
        return [step for step in self.steps if step.differences]


async def replay(sequence: JsonObject, client: Client, surroundings: Surroundings) -> SequenceResult:
    """Do all steps of a sequence; the order of revisions counts as a last step."""
    order = list(sequence.get("rv_order") or [])
    bindings = Bindings(frozenset(order))
    result = SequenceResult(sequence["id"])
    for at, step in enumerate(sequence["steps"]):
        name = step.get("name") or step.get("action") or str(at)
        result.steps.append(StepResult(name, await _survived(step, client, surroundings, bindings)))
    client.close_all()
    if order:
        result.steps.append(StepResult("rv_order", bindings.misordered(order)))
    return result


async def _survived(step: JsonObject, client: Client, surroundings: Surroundings, bindings: Bindings) -> list[str]:
    """A step's differences; one that cannot be done at all is a difference too, so that the others are still told."""
    try:
        return await _step(step, client, surroundings, bindings)
    except Exception as fault:  # a recording may hold anything  # noqa: BLE001
        return [f"cannot be replayed: {type(fault).__name__}: {fault}"]


async def _step(step: JsonObject, client: Client, surroundings: Surroundings, bindings: Bindings) -> list[str]:
    if "action" in step:
        surroundings.act(bindings.fill(step))
        return []
    match step.get("watch"):
        case "open":
            return list(_compare(step["response"], await client.open(step, bindings), bindings, {}))
        case "read":
            events = await client.read(step["id"], step["count"])
            return list(differences(step["response"]["events"], events, bindings, "events"))
        case "close":
            client.close(step["id"])
            return []
        case None:
            return await _request(step, client, bindings)
        case unknown:
            return [f"unknown watch step {unknown!r}"]


async def _request(step: JsonObject, client: Client, bindings: Bindings) -> list[str]:
    """Send until the answer matches, for as long as the step allows."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + step.get("retry_s", 0)
    while True:
        trial = Bindings(bindings.ordered, dict(bindings.values), bindings.highest)
        answer = await client.send(step, bindings)
        found = list(_compare(step["response"], answer, trial, step.get("trim") or {}))
        if not found or loop.time() >= ends:
            bindings.values, bindings.highest = trial.values, trial.highest
            return found
        await asyncio.sleep(0.1)


def _compare(expected: JsonObject, answer: Answer, bindings: Bindings, trim: JsonObject) -> Iterator[str]:
    if answer.status != expected["status"]:
        yield f"status: want {expected['status']}, got {answer.status} {answer.body or answer.text or ''}"
        return
    yield from _header_differences(expected.get("headers") or {}, answer.headers)
    if "body" in expected:
        yield from differences(expected["body"], trimmed(answer.body, trim), bindings)
    elif "events" in expected:
        yield from _event_differences(expected["events"], answer.events or [], bindings)
    elif "text" in expected and not bindings.matches(expected["text"], answer.text or ""):
        yield f"text: want {expected['text']!r}, got {answer.text!r}"


def _event_differences(expected: list[JsonObject], events: list[JsonObject], bindings: Bindings) -> Iterator[str]:
    """A bookmark may be missing, but one that was not asked for is a difference."""
    kinds = [event.get("type") for event in events]
    if "BOOKMARK" not in kinds:
        expected = [event for event in expected if event["type"] != "BOOKMARK"]
    yield from differences(expected, events, bindings, "events")


def _header_differences(expected: JsonObject, headers: dict[str, list[str]]) -> Iterator[str]:
    want = expected.get("Content-Type")
    got = headers.get("Content-Type", [""])[0]
    if want is not None and want != got:
        yield f"Content-Type: want {want!r}, got {got!r}"
    warnings = expected.get("Warning", [])
    warnings = [warnings] if isinstance(warnings, str) else warnings
    if warnings != headers.get("Warning", []):
        yield f"Warning: want {warnings}, got {headers.get('Warning', [])}"
    if "Retry-After" in expected:
        retry = headers.get("Retry-After", [""])[0]
        if not (retry.isdigit() and int(retry) >= 1):
            yield f"Retry-After: want a whole number of seconds, got {retry!r}"
