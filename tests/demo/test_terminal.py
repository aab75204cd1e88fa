"""What the demo says in the terminal."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from autoscaler.demo.feed import Entry, Point
from autoscaler.demo.terminal import Terminal


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_says_where_the_page_is_and_what_to_type() -> None:
    out = io.StringIO()

    Terminal(out).greet(
        page="http://127.0.0.1:1/", kubeconfig="/tmp/k", target="deployment/web", notes=["mind the gap"]
    )

    assert out.getvalue().splitlines() == [
        "Page      http://127.0.0.1:1/",
        "kubectl   export KUBECONFIG=/tmp/k",
        "          kubectl get deploy,pods,hpa",
        "          kubectl get hpa --watch",
        "          kubectl scale deployment/web --replicas 30",
        "Note      mind the gap",
    ]


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        (
            " --url http://127.0.0.1:9",
            [
                "Ask it    autoscaler status --url http://127.0.0.1:9",
                "          autoscaler why default/web --url http://127.0.0.1:9",
                "          autoscaler what-if default/web cpu=+50% --url http://127.0.0.1:9",
                "Ctrl-C ends it.",
                "",
            ],
        ),
        (None, ["Ctrl-C ends it.", ""]),
    ],
)
def test_says_how_to_ask_why_where_that_can_be_asked(options: str | None, lines: list[str]) -> None:
    out = io.StringIO()
    Terminal(out).answers(policy="default/web", options=options)
    assert out.getvalue().splitlines() == lines


def test_prints_changes_once_and_holds_never(entry: Callable[..., Entry], point: Callable[..., Point]) -> None:
    out = io.StringIO()
    terminal = Terminal(out)
    with terminal.follow():
        terminal.decided(entry(1, 2, 2))
        terminal.decided(entry(2, 2, 4, why="cpu asks for 4 [high]."))
        terminal.decided(entry(2, 2, 4))
        terminal.passed(point(30))

    assert out.getvalue() == "12:00:30  ↑ Growing from 2 to 4. cpu asks for 4 [high].\n"


def test_keeps_a_line_about_the_present_on_a_terminal(
    point: Callable[..., Point], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out = Screen()
    terminal = Terminal(out)
    with terminal.follow():
        terminal.passed(point(30, demand=1500.0))

    assert "1,500 of 800 requests/s  2 of 2 replicas ready  p99 90 ms" in out.getvalue()
    assert "700 short" in out.getvalue()
