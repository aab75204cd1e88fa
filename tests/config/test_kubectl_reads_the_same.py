"""Real kubectl as the judge of what an unquoted YAML word means: each word must have the same value and type for us."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from autoscaler.config.documents import scan
from autoscaler.emulator.api_server import ApiServer
from autoscaler.emulator.kubeconfig import write_kubeconfig
from autoscaler.emulator.users import ADMIN
from autoscaler.model.json_types import JsonValue

WORDS = """
on On ON oN off yes Yes yEs no y Y n N true TRUE tRUE null Null NULL nULL ~ nil
017 08 0o17 0O17 0o8 0x1F 0X1f 0xg 0x 0b11 0B1 -0b11 +0b1 0b2 0b 00 007 -017 +017 0_17 0o1_7 0x1_F +0x1F -0x1F
1_000 1__0 _1 1_ -_1 ._5 .5_0 ._ 1_0.5_0 2.0 1e3 1E3 1e+3 1e-3 .5 5. -.5 +.5 +5 -5 --5 1e e1 1.e1 .e1 0.0 -0 -0.0 +0
1e999 -1e999 1e5000 1e20 1e21 1e-7 0.1 1.10 1.5e3 123e-2 0.30000000000000004 0x1.8p1 0x_1 1.2.3 1,000 . .. = <
9007199254740993 9223372036854775807 -9223372036854775808 9223372036854775808 18446744073709551615
100m 1.5Gi 1Ki 2026-11-24 2026-11-24T01:02:03Z 1:30 12:30:45 inf Inf NaN nan infinity 'on' "1"
""".split()
ALPHABET = "0123456789_.eE+-xXobOBaFyn~:"


def words() -> list[str]:
    chance = np.random.default_rng(5)
    made_up = ["".join(chance.choice(list(ALPHABET), size=chance.integers(1, 7))) for _ in range(600)]
    return [word for word in (*WORDS, *made_up) if not scan(f"v: {word}", "f").faults]


async def as_kubectl_reads(words: list[str], folder: Path, url: str) -> list[JsonValue]:
    """Let kubectl turn one manifest for each word into JSON; nothing is sent to the server but discovery."""
    kubeconfig, manifests = folder / "kubeconfig", folder / "words.yaml"
    write_kubeconfig(kubeconfig, url, "unused")
    manifests.write_text(
        "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\nv: {word}\n" for word in words)
    )
    program = shutil.which("kubectl")
    assert program is not None
    command = (program, "--kubeconfig", kubeconfig, "create", "--dry-run=client", "--validate=false", "-o", "json")
    process = await asyncio.create_subprocess_exec(
        *command, "-f", manifests, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    printed, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    text, values = printed.decode().strip(), []
    while text:
        value, end = json.JSONDecoder().raw_decode(text)
        values.append(value["v"])
        text = text[end:].lstrip()
    return values


@pytest.mark.service("kubectl")
async def test_every_word_has_the_value_kubectl_sends(tmp_path: Path) -> None:
    api = ApiServer(clock=lambda: datetime.now(UTC), nobody=ADMIN)  # noqa: TID251 - the server's clock
    url = await api.start()
    judged = words()
    try:
        theirs = await as_kubectl_reads(judged, tmp_path, url)
    finally:
        await api.stop()

    ours = [scan(f"v: {word}", "f").documents[0].value["v"] for word in judged]
    different = {
        word: (mine, yours)
        for word, mine, yours in zip(judged, ours, theirs, strict=True)
        if mine != yours or type(mine) is not type(yours)
    }
    assert len(judged) > 600
    assert different == {}
