"""Recorded kubectl commands, run with a real kubectl against the emulator."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Final

from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.model.json_types import JsonObject
from tests.conformance.api_compare import differences
from tests.conformance.api_placeholders import Bindings
from tests.conformance.api_replay import SequenceResult, StepResult

COMMAND_TIMEOUT_S: Final = 30.0
KUBECTL_VERSION: Final = "v1.36"
"""Minor version that the outputs were recorded with; others print other words."""
_PLACEHOLDER: Final = re.compile(r"<(age|time|uid|rv|server|file|object)>")
_PATTERNS: Final = {
    "age": r"(?:\d+[smhdy]?)+|<unknown>|<invalid>",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}",
    "uid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "rv": r"\d+",
    "server": r"[\w.\[\]:]+:\d+",
    "file": r"[^\n]*",
    "object": r"(?s:.*?)",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    stdout: str
    stderr: str


def find_kubectl() -> str | None:
    """The kubectl to use: ``KUBECTL``, or the one on the PATH; None unless it is of the recorded minor version."""
    program = os.environ.get("KUBECTL") or shutil.which("kubectl")
    if program is None:
        return None
    output = subprocess.run([program, "version", "--client", "-o", "json"], capture_output=True, check=False).stdout
    try:
        version = json.loads(output)["clientVersion"]["gitVersion"]
    except (ValueError, KeyError):
        return None
    return program if version.startswith(f"{KUBECTL_VERSION}.") else None


class Kubectl:
    """Runs kubectl as any of the recorded users, each with a listener of its own: it sends no token over HTTP."""

    def __init__(self, program: str, urls: dict[str, str], home: Path) -> None:
        self._program = program
        self._home = home
        self._configs = {user: home / f"{user}.kubeconfig" for user in urls}
        for user, path in self._configs.items():
            write_kubeconfig(path, urls[user], user)

    async def run(self, arguments: list[str], folder: Path, user: str = "admin") -> Outcome:
        """Run one command in ``folder``; one that does not end in time is killed (exit code -9)."""
        environment = os.environ | {"HOME": str(self._home), "KUBECONFIG": str(self._configs[user]), "TZ": "UTC"}
        process = await asyncio.create_subprocess_exec(
            self._program,
            *arguments,
            cwd=folder,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                stdout, stderr = await process.communicate()
        except TimeoutError:
            process.kill()
            stdout, stderr = await process.communicate()
        return Outcome(process.returncode or 0, stdout.decode(), stderr.decode())


async def run_case(case: JsonObject, kubectl: Kubectl) -> SequenceResult:
    """Run the commands of a case, which build on each other, in a folder with its files."""
    result = SequenceResult(f"kubectl {case['id']}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in (case.get("files") or {}).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text, encoding="utf-8")
        for command in case["commands"]:
            result.steps.append(StepResult(" ".join(command["args"]), await _survived(command, kubectl, folder)))
    return result


async def _survived(command: JsonObject, kubectl: Kubectl, folder: Path) -> list[str]:
    """A command's differences; one that cannot be run or judged is a difference too."""
    try:
        outcome = await kubectl.run(command["args"], folder, command.get("auth", "admin"))
        return list(_differences(command, outcome))
    except Exception as fault:  # a recording may hold anything  # noqa: BLE001
        return [f"cannot be replayed: {type(fault).__name__}: {fault}"]


def _differences(command: JsonObject, outcome: Outcome) -> Iterator[str]:
    expected = command["expect"]
    if outcome.exit_code != expected["exit_code"]:
        yield f"exit code: want {expected['exit_code']}, got {outcome.exit_code} {outcome.stderr[:300]!r}"
    if expected["stdout"].startswith("{") and outcome.stdout.startswith("{"):
        yield from differences(json.loads(expected["stdout"]), json.loads(outcome.stdout), Bindings(frozenset()))
    else:
        yield from _text_differences(expected["stdout"], outcome.stdout, "stdout")
    yield from _text_differences(expected["stderr"], outcome.stderr, "stderr")


def _text_differences(expected: str, actual: str, what: str) -> Iterator[str]:
    actual = normalized(actual)
    if re.fullmatch(_pattern(expected), actual):
        return
    for line in list(unified_diff(expected.splitlines(), actual.splitlines(), "want", "got", lineterm="", n=0))[2:]:
        yield f"{what}: {line}"


def normalized(text: str) -> str:
    """Output in the recorded form: runs of spaces after the first word are two, none at the end of a line."""
    lines = []
    for line in text.split("\n"):
        indent = line[: len(line) - len(line.lstrip(" "))]
        lines.append((indent + re.sub(r" {2,}", "  ", line.strip(" "))).rstrip())
    return "\n".join(lines)


def _pattern(expected: str) -> str:
    parts = []
    last = 0
    for found in _PLACEHOLDER.finditer(expected):
        parts += [re.escape(expected[last : found.start()]), f"(?:{_PATTERNS[found.group(1)]})"]
        last = found.end()
    return "".join([*parts, re.escape(expected[last:])])
