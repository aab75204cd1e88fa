"""Compiled where llvmlite is installed, kept in the user's cache folder, and the same without either."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

WITHOUT_LLVMLITE = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "llvmlite" else find(name, *rest)
"""
RUN = """
import numpy as np
from autoscaler.simulator.native import compiled
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.layout import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
physics = Physics(balancer=Balancer.LEAST_OUTSTANDING, slots=2, queue_limit=3, mean=0.1)
engine = Engine(physics, Drawn(rates=lambda first, last: np.full(last - first, 18.0), seed=(4,)))
engine.join(0, 0.0)
engine.advance(20.0)
print(compiled.IS_COMPILED, engine.state.columns.sum(), float(engine.state.floats[3]).hex())
"""


def run(code: str, **environment: str) -> str:
    settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=settings, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return ran.stdout


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compile once for all tests here."""
    folder = tmp_path_factory.mktemp("cache")
    (folder / "said").write_text(run(RUN, XDG_CACHE_HOME=str(folder)))
    return folder


def test_machine_code_is_kept_and_used_again(cache: Path) -> None:
    folder = cache / "autoscaler" / "machine-code"
    kept = entries(folder)
    assert len(kept) == 3  # the kernel, arrivals, service times
    assert all(re.fullmatch(r"[0-9a-f]{32}\.object", name) for name in kept)

    made = [(folder / name).stat().st_mtime_ns for name in kept]
    assert run(RUN, XDG_CACHE_HOME=str(cache)) == (cache / "said").read_text()
    assert [(folder / name).stat().st_mtime_ns for name in entries(folder)] == made


def test_damaged_machine_code_is_made_anew(cache: Path) -> None:
    damaged = next((cache / "autoscaler" / "machine-code").iterdir())
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-100])
    assert run(RUN, XDG_CACHE_HOME=str(cache)) == (cache / "said").read_text()
    assert damaged.read_bytes() == whole


def test_code_of_a_changed_function_gets_another_name(cache: Path, tmp_path: Path) -> None:
    changed = "from autoscaler.simulator.requests import notes; notes._FINE_FIRST += 1\n" + RUN
    run(changed, XDG_CACHE_HOME=str(tmp_path))
    new, old = (set(entries(folder / "autoscaler" / "machine-code")) for folder in (tmp_path, cache))
    assert len(new - old) == 1


def test_without_a_place_to_keep_it_everything_still_works(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.write_text("a file where a folder should be")
    assert run(RUN, XDG_CACHE_HOME=str(closed), AUTOSCALER_COMPILE="1").startswith("True")


@pytest.mark.parametrize(
    "without", [{"code": WITHOUT_LLVMLITE}, {"AUTOSCALER_COMPILE": "0"}], ids=["no-llvmlite", "switched-off"]
)
def test_without_llvmlite_the_same_code_runs_as_it_is(without: dict[str, str], cache: Path, tmp_path: Path) -> None:
    settings = dict(without)
    plain = run(settings.pop("code", "") + RUN, XDG_CACHE_HOME=str(tmp_path), **settings)
    assert plain == (cache / "said").read_text().replace("True", "False")
    assert entries(tmp_path) == []


def test_a_run_without_llvmlite_says_how_to_get_it() -> None:
    """The check is made without importing it, so that a fluid never pays for it."""
    note = """
import importlib.util
from pathlib import Path
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "llvmlite" else find(name, *rest)
from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import prepare
path = Path("simulations/day-10-to-10000.yaml")
import sys
print(*prepare(load_scenario(path), path.parent).notes, "llvmlite" in sys.modules)
"""
    said = run(f"import os; os.chdir({str(ROOT)!r})" + note)
    assert said == (
        "llvmlite is not installed: requests are played 100 times slower; pip install 'autoscaler[sim]' False\n"
    )
