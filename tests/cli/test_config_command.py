"""`autoscaler config show`."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoscaler.cli.app import run


def test_each_setting_with_its_value_and_origin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("hpa:\n  tolerance: 0.2\n")
    monkeypatch.setenv("AUTOSCALER_LOG__LEVEL", "debug")
    monkeypatch.setenv("AUTOSCALER_LOG_LEVEL", "debug")

    assert run(["config", "show", "--config", str(file), "-o", "csv"]) == 0

    printed = capsys.readouterr()
    assert printed.out.splitlines()[0] == "setting,value,from"
    assert f"hpa.tolerance,0.2,{file}:2" in printed.out
    assert "log.level,debug,AUTOSCALER_LOG__LEVEL" in printed.out
    assert "hpa.sync_period,15s,default" in printed.out
    assert printed.err == (
        "warning: AUTOSCALER_LOG_LEVEL: no such setting; ignored (did you mean AUTOSCALER_LOG__LEVEL?)\n"
    )


def test_the_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config"]) == 2

    assert capsys.readouterr().err.startswith("Usage: autoscaler config [OPTIONS] COMMAND [ARGS]...")


def test_a_wrong_setting_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("aply: true\n")

    assert run(["config", "show", "--config", str(file)]) == 2

    assert capsys.readouterr().err == f"error: {file}:1: aply: no such setting\n  hint: did you mean `apply`?\n"
