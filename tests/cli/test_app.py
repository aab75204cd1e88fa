"""The command line's frame: the front page, finding a command, what goes to stdout and what to stderr."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autoscaler.cli.app import ENTRIES, run

HEAVY = {"yaml", "pydantic", "numpy", "scipy", "rich", "aiohttp", "asyncio", "structlog", "kubernetes_asyncio"}


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], []])
def test_the_front_page_names_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 0

    page = capsys.readouterr().out
    assert page.startswith("Usage: autoscaler [OPTIONS] COMMAND [ARGS]...")
    assert all(f"\n  {entry.name} " in page for entry in ENTRIES)
    assert "Exit codes: 0 ok, 1 failed, 2 usage, 3 findings" in page


def test_the_front_page_imports_nothing_heavy() -> None:
    script = "import sys\nfrom autoscaler.cli.app import run\nrun(['--help'])\nprint(*sys.modules, file=sys.stderr)"

    modules = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stderr

    assert HEAVY.isdisjoint(modules.split())
    assert "autoscaler.cli.trace" not in modules.split()


@pytest.mark.parametrize("name", [entry.name for entry in ENTRIES])
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0

    assert capsys.readouterr().out.startswith(f"Usage: autoscaler {name} [OPTIONS]")


def test_explaining_imports_nothing_heavy() -> None:
    names = [entry.name for entry in ENTRIES]
    script = (
        "import sys\nfrom autoscaler.cli.app import run\n"
        f"for name in {names}: run([name, '--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    modules = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stderr

    assert (HEAVY - {"pydantic", "asyncio"}).isdisjoint(modules.split())  # Typer itself brings pydantic along


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0

    assert capsys.readouterr().out.startswith("autoscaler ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            ["chekc"],
            "error: no command `chekc`; did you mean `check`?\n"
            "  usage: autoscaler [OPTIONS] COMMAND [ARGS]...\n"
            "  help:  autoscaler --help\n",
            id="a-mistyped-command",
        ),
        pytest.param(
            ["frobnicate"],
            "error: no command `frobnicate`; allowed here: demo, simulate, compare, evaluate, check, import, trace, run, doctor, status, why, what-if, hold, hpa, halt, resume, journal, replay, config, shadow, emulate, schema\n"
            "  usage: autoscaler [OPTIONS] COMMAND [ARGS]...\n"
            "  help:  autoscaler --help\n",
            id="no-command-at-all",
        ),
        pytest.param(
            ["trace", "--prometeus", "x"],
            "error: no such option: --prometeus (Possible options: --prometheus)\n"
            "  usage: autoscaler trace [OPTIONS]\n"
            "  help:  autoscaler trace --help\n",
            id="a-mistyped-option",
        ),
        pytest.param(
            ["demo", "--port", "99999"],
            "error: invalid value for '--port': must be less than or equal to 65535\n"
            "  usage: autoscaler demo [OPTIONS]\n"
            "  help:  autoscaler demo --help\n",
            id="a-number-out-of-range",
        ),
        pytest.param(
            ["trace", "--query", "up"],
            "error: missing option '--prometheus'.\n"
            "  usage: autoscaler trace [OPTIONS]\n"
            "  help:  autoscaler trace --help\n",
            id="a-missing-option",
        ),
    ],
)
def test_usage_errors_say_what_was_meant(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2

    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", message)


def test_the_program_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "autoscaler", "nope"], check=False, capture_output=True, text=True)

    assert done.returncode == 2
    assert done.stderr.startswith("error: no command `nope`")
