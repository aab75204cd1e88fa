"""The daemon as a process of its own, for tests: started from the command line, its log read as it is written."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def run(*arguments: object, patience: float = 30) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "autoscaler", "run", *map(str, arguments)),
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={name: text for name, text in os.environ.items() if not name.startswith("AUTOSCALER_")},
    )
    try:
        async with asyncio.timeout(patience):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def log_until(process: asyncio.subprocess.Process, words: str) -> dict[str, Any]:
    """Read the log up to the line that holds ``words``, and give it."""
    assert process.stderr is not None
    while line := await process.stderr.readline():
        if words in line.decode():
            entry: dict[str, Any] = json.loads(line)
            return entry
    raise AssertionError(f"the log ended without {words!r}")
