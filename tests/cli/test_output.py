"""Tables for people, JSON, YAML and CSV for programs; the same bytes each time."""

from __future__ import annotations

import io

import pytest

from autoscaler.cli.output import Output, has_colour, print_rows, print_value, render_table

ROWS = [
    {"policy": "web", "p99 [s]": 0.123456, "lost": 0, "ok": True},
    {"policy": "web-production", "p99 [s]": 12345.6, "lost": None, "ok": False},
]


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (
            Output.TABLE,
            "policy          p99 [s]  lost  ok\n"
            "web              0.1235     0  yes\n"
            "web-production    12346     -  no\n",
        ),
        (Output.CSV, "policy,p99 [s],lost,ok\nweb,0.123456,0,true\nweb-production,12345.6,,false\n"),
        (
            Output.YAML,
            "- policy: web\n  p99 [s]: 0.123456\n  lost: 0\n  ok: true\n"
            "- policy: web-production\n  p99 [s]: 12345.6\n  lost: null\n  ok: false\n",
        ),
    ],
)
def test_rows(output: Output, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(ROWS, output)

    assert capsys.readouterr().out == text


def test_rows_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"name": "wéb", "n": 1}], Output.JSON, columns=["n", "name"])

    assert capsys.readouterr().out == '[\n  {\n    "n": 1,\n    "name": "wéb"\n  }\n]\n'


def test_a_value_is_json_unless_yaml_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    print_value({"a": [1]}, Output.TABLE)
    print_value({"a": [1]}, Output.YAML)

    assert capsys.readouterr().out == '{\n  "a": [\n    1\n  ]\n}\na:\n- 1\n'


def test_no_rows_leave_the_headings() -> None:
    assert render_table([], ["a", "b"]) == "a  b\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_only_on_a_terminal_that_wants_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert has_colour(Terminal())
    assert not has_colour(io.StringIO())

    monkeypatch.setenv("NO_COLOR", "1")
    assert not has_colour(Terminal())
