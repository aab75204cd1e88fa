"""`autoscaler compare` from the outside: files of the same experiment, and of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autoscaler.cli.app import run

ROOT = Path(__file__).parents[2]
STEPS = str(ROOT / "simulations/steps.yaml")
WEB = str(ROOT / "policies/web-app-hpa.yaml")
PRODUCTION = str(ROOT / "policies/web-app-production-hpa.yaml")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("trials")


@pytest.fixture
def simulated(folder, capsys):
    """Play and keep as JSON; equal arguments once."""

    def play(name, *arguments):
        path = folder / name
        if not path.exists():
            base = ["simulate", STEPS, "-o", "json", "--until", "25m", "--out", str(path)]
            assert run([*base, *arguments]) == 0
            assert capsys.readouterr() == ("", f"results: {path}\n")
        return str(path)

    return play


@pytest.fixture
def web(simulated):
    return simulated("web.json", "-p", WEB, "--seeds", "4", "--references")


@pytest.fixture
def production(simulated):
    return simulated("production.json", "-p", PRODUCTION, "--seeds", "3")


def test_two_files_of_one_experiment(web, production, capsys):
    assert run(["compare", web, production]) == 0
    table, errors = capsys.readouterr()
    assert (
        errors
        == "note: only the seeds that all files have are compared, 1 to 3: web.json has 1 to 4; production.json has 1 to 3\n"
    )
    assert table.splitlines()[0].split("  ")[-1].strip() == "clairvoyant"
    assert "confidence interval of the mean over 3 seeds" in table
    assert "\nagainst web-app-hpa  " in table
    assert table.splitlines()[-1].startswith("web-app-production-hpa against web-app-hpa, over 3 seeds: it ")


def test_a_file_against_itself_is_the_same(web, capsys):
    assert run(["compare", web, web]) == 0
    table = capsys.readouterr().out
    assert table.splitlines()[-1] == "web-app-hpa (web) (2) against web-app-hpa (web): the results are the same."


def test_files_of_the_same_name_are_told_apart_by_their_folders(web, tmp_path, capsys):
    other = tmp_path / "web.json"
    other.write_text(Path(web).read_text())
    assert run(["compare", web, str(other)]) == 0
    assert f"web-app-hpa ({other}) against web-app-hpa ({web}): " in capsys.readouterr().out


def test_json_holds_means_differences_and_verdicts(web, production, capsys):
    assert run(["compare", web, production, "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["against"], found["seeds"], found["differs"]) == ("web-app-hpa", [1, 2, 3], [])
    hours = [row for row in found["measures"] if row["measure"] == "replica_hours"]
    assert [row["policy"] for row in hours][:2] == ["web-app-hpa", "web-app-production-hpa"]
    assert hours[1]["difference"] == pytest.approx(hours[1]["mean"] - hours[0]["mean"])
    assert hours[1]["difference_low"] <= hours[1]["difference"] <= hours[1]["difference_high"]
    assert hours[1]["pairs"] == 3


def test_what_differs_is_named_and_refused(web, simulated, capsys):
    other = simulated("other.json", "-p", WEB, "--scale-to", "10:500", "--seeds", "4")
    shorter = simulated("shorter.json", "-p", WEB, "--until", "20m", "--seeds", "4")
    assert run(["compare", web, other, shorter]) == 2
    out, errors = capsys.readouterr()
    assert out == ""
    assert errors.splitlines()[:2] == [
        "error: the traffic of web.json is not that of other.json",
        "error: duration_s is 1500 in web.json and 1200 in shorter.json",
    ]
    assert "--anyway compares nevertheless" in errors


def test_what_differs_is_a_warning_when_told_so(web, simulated, capsys):
    shorter = simulated("shorter.json", "-p", WEB, "--until", "20m", "--seeds", "4")
    assert run(["compare", web, shorter, "--anyway"]) == 0
    assert capsys.readouterr().err == "warning: duration_s is 1500 in web.json and 1200 in shorter.json\n"


def test_the_scenario_s_own_fields_are_named(web, folder, capsys):
    changed = json.loads(Path(web).read_text())
    changed["scenario"]["settings"]["pods"]["startup"] = 5.0
    changed["scenario"]["digest"] = "another"
    (folder / "changed.json").write_text(json.dumps(changed))
    assert run(["compare", web, str(folder / "changed.json")]) == 2
    assert capsys.readouterr().err.splitlines()[0] == "error: pods.startup is 20.0 in web.json and 5.0 in changed.json"


def test_releases_may_differ_and_are_told(web, simulated, capsys):
    older = simulated("older.json", "-p", WEB, "--seeds", "4", "-k", "1.35")
    assert run(["compare", web, older]) == 0
    assert "different Kubernetes releases: 1.36 in web.json, 1.35 in older.json" in capsys.readouterr().err


def test_no_shared_seed_is_refused(web, simulated, capsys):
    other = simulated("late.json", "-p", WEB, "--seed", "9", "--seeds", "2")
    assert run(["compare", web, other]) == 2
    assert "late.json: no seed is in all files: web.json has 1 to 4; late.json has 9, 10" in capsys.readouterr().err


def test_interrupted_runs_are_left_out(web, folder, capsys):
    partial = json.loads(Path(web).read_text())
    partial["complete"] = False
    partial["policies"][0]["runs"][3]["complete"] = False
    (folder / "partial.json").write_text(json.dumps(partial))
    assert run(["compare", web, str(folder / "partial.json"), "-o", "json"]) == 0
    out, errors = capsys.readouterr()
    assert errors == "note: partial.json was interrupted; only its complete runs are compared\n"
    pairs = {row["policy"]: row["pairs"] for row in json.loads(out)["measures"] if row["measure"] == "replica_hours"}
    assert (pairs["web-app-hpa (web)"], pairs["web-app-hpa (partial)"]) == (4, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("{", "is no JSON", id="cut-off"),
        pytest.param("[]", "holds no trials: `schema` is not autoscaler.dev/trials/v1", id="an-older-form"),
        pytest.param(
            '{"schema": "autoscaler.dev/trials/v9"}',
            "is written as autoscaler.dev/trials/v9; this version reads autoscaler.dev/trials/v1",
            id="a-newer-form",
        ),
        pytest.param(
            '{"schema": "autoscaler.dev/trials/v1"}',
            "holds no trials: Object missing required field `complete`",
            id="fields-missing",
        ),
    ],
)
def test_other_files_are_refused(web, tmp_path, capsys, content, message):
    path = tmp_path / "wrong.json"
    path.write_text(content)
    assert run(["compare", web, str(path)]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith(f"error: {path}: {message}")
    assert "hint: " in errors


def test_a_missing_file_and_a_lonely_one(web, capsys):
    assert run(["compare", web, "no.json"]) == 2
    assert run(["compare", web]) == 2
    first, second = capsys.readouterr().err.split("error: ")[1:]
    assert first.startswith("no.json: cannot read it: No such file or directory")
    assert second.startswith("FILES: 1 file to compare; two or more are needed")
