"""The emulator answers what a real API server answered: every recorded sequence and kubectl command."""

import asyncio
import os

import pytest

from autoscaler.model.json_types import JsonObject
from tests.conformance.api_data import folder, load
from tests.conformance.api_exceptions import stale, unlisted
from tests.conformance.api_kubectl import KUBECTL_VERSION, find_kubectl
from tests.conformance.api_run import run_kubectl, run_sequences


def recorded(name: str) -> JsonObject:
    """A recorded file; without it the test is skipped, in CI failed."""
    data = load(folder() / name)
    if not data:
        _give_up(f"{folder() / name} is not there")
    return data


def _give_up(why: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


def test_every_recorded_sequence_matches() -> None:
    results = asyncio.run(run_sequences(recorded("sequences.json")["sequences"]))

    assert unlisted(results) == []
    assert stale(results) == []


@pytest.mark.service("kubectl")
def test_every_recorded_kubectl_command_prints_the_same() -> None:
    program = find_kubectl()
    if program is None:
        _give_up(f"no kubectl {KUBECTL_VERSION}")
    else:
        results = asyncio.run(run_kubectl(recorded("kubectl.json"), program, []))

        assert unlisted(results) == []
