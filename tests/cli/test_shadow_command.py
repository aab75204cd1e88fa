"""`autoscaler shadow report`: what people and programs get of the comparisons on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autoscaler.adapters.comparison_log import ComparisonLog
from autoscaler.cli.app import run
from autoscaler.model.comparison import Said, Tally, Verdict
from autoscaler.model.policy import PolicyKey
from autoscaler.model.time import MINUTE, SECOND

WEB = PolicyKey(namespace="shop", name="web")
API = PolicyKey(namespace="shop", name="api")
START = 1_767_268_800 * SECOND  # 2026-01-01 12:00:00
OURS = Said(
    current=2,
    desired=3,
    conditions=("AbleToScale=True SucceededRescale", "ScalingLimited=False DesiredWithinRange"),
    measured=("75%",),
    why="Would grow from 2 to 3 (observing only). cpu asks for 3 (75% against 50%).",
)
THEIRS = Said(
    current=2,
    desired=2,
    conditions=("AbleToScale=True ReadyForNewScale", "ScalingLimited=False DesiredWithinRange"),
    measured=("75%",),
    why="ReadyForNewScale: recommended size matches current size",
)


def tally(key: PolicyKey, verdict: Verdict, passes: int, ours: Said | None = None, theirs: Said | None = None) -> Tally:
    last = START + 10 * MINUTE
    return Tally(key=key, verdict=verdict, first=START, last=last, passes=passes, ours=ours, theirs=theirs)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "comparisons.jsonl"
    ComparisonLog(path, limit=10**6).append(
        [
            tally(API, Verdict.AGREED, 40),
            tally(WEB, Verdict.AGREED, 37),
            tally(WEB, Verdict.PHASE, 1, Said(current=2, desired=4), Said(current=2, desired=3)),
            tally(WEB, Verdict.REPLICAS, 2, OURS, THEIRS),
        ]
    )
    return path


def test_shares_then_differences_with_both_reasons_then_what_the_kinds_mean(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["shadow", "report", str(log)]) == 0

    out = capsys.readouterr().out
    assert out.startswith(
        "2 HPAs, 80 passes compared, 2026-01-01 12:00:00 to 2026-01-01 12:10:00 UTC: "
        "96.25% agree, 2 differ without an explanation.\n"
        "\n"
        "policy    compared  agreed  replicas  phase\n"
        "shop/web        40  92.5%          2      1\n"
        "shop/api        40  100%           0      0\n"
        "\n"
        "Differences, biggest first:\n"
        "\n"
        "shop/web  replicas  2 passes, 2026-01-01 12:00:00 to 2026-01-01 12:10:00\n"
        "  ours    2 -> 3, measured 75%, AbleToScale=True SucceededRescale: "
        "Would grow from 2 to 3 (observing only). cpu asks for 3 (75% against 50%).\n"
        "  theirs  2 -> 2, measured 75%, AbleToScale=True ReadyForNewScale: "
        "ReadyForNewScale: recommended size matches current size\n"
        "\n"
        "shop/web  phase  1 pass, "
    )
    assert "\nphase      Benign. The two look at different moments of the period" in out
    assert "\nstart " not in out


def test_as_json_for_programs(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shadow", "report", str(log), "-o", "json", "--top", "1"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert [(one["policy"], one["agreed"], one["share"]) for one in document["policies"]] == [
        ("shop/web", 37, 0.925),
        ("shop/api", 40, 1.0),
    ]
    [differing] = document["differences"]
    assert (differing["kind"], differing["isExplained"], differing["passes"]) == ("replicas", False, 2)
    assert (differing["ours"]["desired"], differing["theirs"]["why"]) == (3, THEIRS.why)


def test_as_csv_the_shares(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shadow", "report", str(log), "-o", "csv"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "policy,compared,agreed,replicas,conditions,unread,phase,start,edited,silent",
        "shop/web,40,37,2,0,0,1,0,0,0",
        "shop/api,40,40,0,0,0,0,0,0,0",
    ]


def test_one_policy_and_nothing_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "silent.jsonl"
    ComparisonLog(path, limit=10**6).append([tally(API, Verdict.SILENT, 40)])

    assert run(["shadow", "report", str(path)]) == 0
    assert capsys.readouterr().out.startswith(
        "1 HPA, 0 passes compared, 2026-01-01 12:00:00 to 2026-01-01 12:10:00 UTC: nothing could be compared.\n"
        "\n"
        "policy    compared  agreed  silent\n"
        "shop/api         0  -           40\n"
    )


def test_where_all_agree_there_is_no_more_to_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "calm.jsonl"
    ComparisonLog(path, limit=10**6).append([tally(API, Verdict.AGREED, 40)])

    assert run(["shadow", "report", str(path)]) == 0
    assert capsys.readouterr().out == (
        "1 HPA, 40 passes compared, 2026-01-01 12:00:00 to 2026-01-01 12:10:00 UTC: all agree.\n"
        "\n"
        "policy    compared  agreed\n"
        "shop/api        40  100%\n"
        "\n"
    )


def test_strict_makes_an_unexplained_difference_a_finding(log: Path, tmp_path: Path) -> None:
    calm = tmp_path / "calm.jsonl"
    ComparisonLog(calm, limit=10**6).append([tally(API, Verdict.AGREED, 40)])

    assert run(["shadow", "report", str(log), "--strict"]) == 3
    assert run(["shadow", "report", str(calm), "--strict"]) == 0


@pytest.mark.parametrize(
    ("content", "code", "complaint"),
    [
        pytest.param(None, 1, "no.jsonl: No such file or directory", id="no-such-file"),
        pytest.param("", 4, "holds no comparisons\n  hint: the first come some minutes", id="still-empty"),
        pytest.param("{}\n", 4, "warning: lines that are no comparisons, left out: 1; the first is ", id="not-a-log"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, code: int, complaint: str
) -> None:
    path = tmp_path / "no.jsonl"
    if content is not None:
        path.write_text(content)

    assert run(["shadow", "report", str(path)]) == code
    assert complaint in capsys.readouterr().err


def test_a_folder_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["shadow", "report", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
