"""Compiled where numba is installed, kept in the user's cache folder, and the same without either."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None  # as if it were not installed
"""
RUN = """
import numpy as np
from autoscaler.simulator.requests import jit
from autoscaler.simulator.requests.engine import Engine
from autoscaler.simulator.requests.kernel import Balancer
from autoscaler.simulator.requests.physics import Physics
from autoscaler.simulator.requests.source import Drawn
physics = Physics(balancer=Balancer.LEAST_OUTSTANDING, slots=2, queue_limit=3, mean=0.1)
engine = Engine(physics, Drawn(rates=lambda first, last: np.full(last - first, 18.0), seed=(4,)))
engine.join(0, 0.0)
engine.advance(20.0)
print(jit.IS_COMPILED, engine.state.columns.sum(), float(engine.state.floats[3]).hex())
"""


def run(code: str, **environment: str) -> str:
    settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    settings.pop("NUMBA_CACHE_DIR", None)
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


def test_machine_code_is_kept_under_a_digest_of_its_source(cache: Path) -> None:
    kept = entries(cache / "autoscaler")
    assert [name.rsplit("-", 1)[0] for name in kept] == ["requests-kernel", "requests-numbers"]
    assert all(len(name.rsplit("-", 1)[1]) == 16 for name in kept)
    code = sorted((cache / "autoscaler").rglob("*.nbc"))
    assert len(code) >= 3

    made = [path.stat().st_mtime_ns for path in code]
    assert run(RUN, XDG_CACHE_HOME=str(cache)) == (cache / "said").read_text()
    assert [path.stat().st_mtime_ns for path in code] == made


def test_without_a_place_to_keep_it_everything_still_works(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.write_text("a file where a folder should be")
    assert run(RUN, XDG_CACHE_HOME=str(closed), NUMBA_DISABLE_JIT="0").startswith("True")


@pytest.mark.parametrize("without", [{"code": WITHOUT_NUMBA}, {"NUMBA_DISABLE_JIT": "1"}], ids=["no-numba", "no-jit"])
def test_without_numba_the_same_code_runs_as_it_is(without: dict[str, str], cache: Path, tmp_path: Path) -> None:
    settings = dict(without)
    plain = run(settings.pop("code", "") + RUN, XDG_CACHE_HOME=str(tmp_path), **settings)
    assert plain == (cache / "said").read_text().replace("True", "False")
    assert entries(tmp_path) == []


def test_a_run_without_numba_says_how_to_get_it() -> None:
    """The check is made without importing it, so that a fluid never pays for it."""
    note = """
import importlib.util
from pathlib import Path
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "numba" else find(name, *rest)
from autoscaler.config.scenario import load_scenario
from autoscaler.simulator.inputs import prepare
path = Path("simulations/day-10-to-10000.yaml")
import sys
print(*prepare(load_scenario(path), path.parent).notes, "numba" in sys.modules)
"""
    said = run(f"import os; os.chdir({str(ROOT)!r})" + note)
    assert said == (
        "numba is not installed: requests are played 100 times slower; pip install 'autoscaler[sim]' False\n"
    )
