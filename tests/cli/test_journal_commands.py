"""status, why, journal and replay, on a journal of one policy's fifteen passes in the simulator's world."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from pathlib import Path

import pytest

from autoscaler.adapters.journal.codec import write_schema
from autoscaler.adapters.journal.file import JournalFile, Row
from autoscaler.cli.app import run
from autoscaler.config.policies import load_policies
from autoscaler.config.scenario import Scenario
from autoscaler.control.messages import Record
from autoscaler.control.recording import Heard, RecordedController
from autoscaler.daemon.journal_rows import RowWriter, journal_codec
from autoscaler.model.controller_config import ControllerConfig
from autoscaler.model.time import SECOND
from autoscaler.simulator.driver import Driver
from autoscaler.simulator.inputs import prepare
from autoscaler.simulator.world import started

POLICY = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  minReplicas: 2
  maxReplicas: 10
  metrics:
  - type: Resource
    resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "web.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture
def journal(tmp_path: Path, policy: Path) -> Path:
    """200 requests/s of 10 ms cpu each on two pods that ask for half a core: 200 % of the target."""
    scenario = Scenario.model_validate(
        {"name": "small", "duration": "4m", "traffic": {"constant": {"rps": 200}}, "pods": {"initial_replicas": 2}}
    )
    inputs = prepare(scenario, tmp_path)
    world = started(inputs.scenario)
    world.add(inputs.scenario, inputs.traffic)
    values: list[Heard | Record] = []
    driver = Driver(world, RecordedController(ControllerConfig(), values.append), values.append)
    driver.accept(load_policies([policy]).policies)
    driver.run(world.start + second * SECOND for second in range(22, 240, 15))

    path, codec = tmp_path / "journal.db", journal_codec()
    writer, rows, at = RowWriter(codec, 1), list[Row](), world.start
    for value in values:
        at = getattr(value, "at", at)
        rows += writer.rows(at, value)
    with JournalFile.write(path, write_schema(codec.schema)) as file:
        file.append(rows)
    return path


def out(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    assert run([str(each) for each in arguments]) == code
    return capsys.readouterr().out


def test_status_shows_every_policy(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heading, line = out(capsys, "status", "--journal", journal).splitlines()
    assert heading.split() == [
        "policy", "target", "metrics", "min", "max", "current", "desired", "mode", "age", "why",
    ]  # fmt: skip
    assert line.split()[:2] == ["default/web", "Deployment/web"]
    assert " Apply " in line


def test_why_explains_the_newest_pass_and_any_other(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = out(capsys, "why", "default/web", "--journal", journal, "--at", "2026-01-05T00:00:52Z")
    assert first.splitlines()[:3] == [
        "default/web at 2026-01-05T00:00:52Z, Apply",
        "",
        "Growing from 8 to 9. cpu asks for 8 (197% against 50%), but the scale-down window still remembers 9.",
    ]
    assert "How it was decided" in first
    document = json.loads(out(capsys, "why", "web", "--journal", journal, "-o", "json"))
    assert document["write"] == {"attempted": False, "result": "not_needed", "error": ""}
    assert document["result"]["action"] == "none"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shop/web",), "error: the journal holds no decision of shop/web; did you mean default/web?"),
        (
            ("web", "--at", "2020-01-01T00:00:00Z"),
            "error: the journal holds no decision of default/web by then; its first is of 2026-01-05T00:00:22Z",
        ),
    ],
)
def test_why_says_what_is_not_there(
    arguments: tuple[str, ...], message: str, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["why", *arguments, "--journal", str(journal)]) == 4
    assert capsys.readouterr().err.splitlines()[0] == message


def test_query_lists_what_matches(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(out(capsys, "journal", "query", "--journal", journal, "--action", "scale_up", "-o", "json"))
    assert [(row["time"], row["current"], row["desired"], row["reason"], row["write"]) for row in rows] == [
        ("2026-01-05T00:00:22Z", 2, 4, "RateLimited", "written"),
        ("2026-01-05T00:00:37Z", 4, 8, "RateLimited", "written"),
        ("2026-01-05T00:00:52Z", 8, 9, "StabilizationHold", "written"),
    ]
    assert len(json.loads(out(capsys, "journal", "query", "--journal", journal, "-o", "json", "--last", "3"))) == 3


def test_export_writes_files(journal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(out(capsys, "journal", "export", "--journal", journal))))
    assert len(rows) == 15
    lines = out(capsys, "journal", "export", "--journal", journal, "-f", "jsonl").splitlines()
    assert [json.loads(line)["desired"] for line in lines] == [int(row["desired"]) for row in rows]

    import pandas

    out(capsys, "journal", "export", "--journal", journal, "-f", "parquet", "--out", tmp_path / "passes.parquet")
    frame = pandas.read_parquet(tmp_path / "passes.parquet")
    assert frame["desired"].tolist() == [int(row["desired"]) for row in rows]
    assert str(frame["time"].dt.tz) == "UTC"


def test_verify_finds_it_sound(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # one start, one policy, for each of 15 passes due and seen, three writes, and five times other pods
    assert out(capsys, "journal", "verify", "--journal", journal) == "sound: 40 events, 15 decisions.\n"


def test_verify_names_a_row_that_cannot_be_read(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    with sqlite3.connect(journal) as connection:
        connection.execute("UPDATE events SET body = x'00' WHERE seq = 3")
    connection.close()
    assert out(capsys, "journal", "verify", "--journal", journal, code=3).startswith("row 3: unreadable value: ")


def test_replay_decides_the_same(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert out(capsys, "replay", journal) == "15 decisions of 1 policy, all as recorded.\n"


def test_replay_finds_a_decision_that_is_not_what_its_inputs_lead_to(
    journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from msgspec.structs import replace

    codec = journal_codec()
    import sqlite3

    with sqlite3.connect(journal) as connection:
        ((seq, body),) = connection.execute("SELECT seq, body FROM decisions WHERE desired = 8").fetchall()
        record: Record = codec.decode(body)
        forged = replace(record, decision=replace(record.decision, desired=5))
        connection.execute("UPDATE decisions SET body = ? WHERE seq = ?", (codec.encode(forged), seq))
    connection.close()

    printed = out(capsys, "replay", journal, code=3).splitlines()
    assert printed[0] == "15 decisions of 1 policy, 1 not as recorded:"
    assert printed[3].split()[:5] == ["2026-01-05T00:00:37Z", "default/web", "4", "5", "8"]


def test_replay_shows_what_another_policy_would_have_asked_for(
    journal: Path, policy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert out(capsys, "replay", journal, "-p", policy) == "15 decisions, none different.\n"
    policy.write_text(POLICY.replace("maxReplicas: 10", "maxReplicas: 4"))
    printed = out(capsys, "replay", journal, "-p", policy).splitlines()
    assert printed[0].startswith("14 of 15 decisions differ: 0 ask for more, 14 for less; ")
    assert printed[3].split()[:6] == ["2026-01-05T00:00:37Z", "default/web", "4", "8", "4", "1"]


def test_a_journal_has_to_be_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AUTOSCALER_JOURNAL__PATH", raising=False)
    assert run(["journal", "query"]) == 2
    assert capsys.readouterr().err.splitlines()[:2] == [
        "error: --journal: no journal is named",
        "  hint: pass --journal FILE; a controller writes one with `run --journal FILE`",
    ]
    monkeypatch.setenv("AUTOSCALER_JOURNAL__PATH", "/nowhere/journal.db")
    assert run(["status"]) == 4
    assert "/nowhere/journal.db: no such journal" in capsys.readouterr().err


def _spoil(journal: Path, how: str) -> None:
    """Make a journal unreadable in one of the ways that happen."""
    match how:
        case "text":
            journal.write_text("hello")
        case "cut":
            journal.write_bytes(journal.read_bytes()[:3000])
        case "other":
            journal.unlink()
            _change(journal, "CREATE TABLE x (y)")
        case "later":
            _change(journal, "PRAGMA user_version = 9")
        case "row":
            _change(journal, "UPDATE decisions SET body = x'00' WHERE seq = (SELECT max(seq) FROM decisions)")
            _change(journal, "UPDATE events SET body = x'00' WHERE seq = 5")


def _change(journal: Path, statement: str) -> None:
    connection = sqlite3.connect(journal)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("command", [("status",), ("why", "web"), ("replay",)], ids=lambda words: words[0])
@pytest.mark.parametrize(
    ("how", "what", "hint"),
    [
        ("text", "file is not a database", "name the file that a controller writes with `run --journal FILE`"),
        ("cut", "database disk image is malformed", "it is damaged; `sqlite3 FILE .recover` saves what it can"),
        ("other", "not a journal of this program", "name the file that a controller writes with `run --journal FILE`"),
        ("later", "a journal of version 9; this program reads version 1", "read it with the version of this program"),
        ("row", "unreadable value: incomplete, or far too large", "`autoscaler journal verify` names every such row"),
    ],
)
def test_a_journal_that_cannot_be_read_is_said_with_what_to_do(
    command: tuple[str, ...], how: str, what: str, hint: str, journal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _spoil(journal, how)
    named = [str(journal)] if command == ("replay",) else ["--journal", str(journal)]
    assert run([*command, *named]) == 1
    error, mend = capsys.readouterr().err.splitlines()
    assert error.startswith(f"error: {journal}: ")
    assert error.endswith(what)
    assert mend.startswith(f"  hint: {hint}")


def test_verify_names_every_row_that_cannot_be_read(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _spoil(journal, "row")
    assert out(capsys, "journal", "verify", "--journal", journal, code=3).splitlines() == [
        "row 5: unreadable value: incomplete, or far too large",
        "row 55: unreadable value: incomplete, or far too large",
    ]


def test_compare_puts_decisions_beside_what_there_was(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = out(capsys, "journal", "compare", "--journal", journal).splitlines()
    assert told[0] == (
        "1 policy, 15 decisions, 2026-01-05T00:00:22Z to 2026-01-05T00:04:07Z: "
        "we asked for what there was 80% of the time, and for 8.6 replicas instead of 8.1."
    )
    assert told[2].split() == ("policy hours same more less blind there ours moves our moves our turns".split())
    assert told[3].split() == ["default/web", "0.06", "80%", "20%", "0%", "0%", "8.133", "8.6", "3", "3", "0"]
    assert told[-2] == "default/web  2026-01-05T00:00:22Z for 45s, 4 there, 8 asked for"
    (row,) = csv.DictReader(io.StringIO(out(capsys, "journal", "compare", "--journal", journal, "-o", "csv")))
    assert (row["policy"], row["same"], row["our moves"]) == ("default/web", "0.8", "3")
    assert run(["journal", "compare", "shop/web", "--journal", str(journal)]) == 4
    assert capsys.readouterr().err == (
        "error: the journal holds no decision of shop/web\n  hint: `autoscaler status` lists policies\n"
    )


def test_query_says_so_where_it_never_heard_of_the_policy(journal: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["journal", "query", "shop/web", "--journal", str(journal)]) == 0
    told = capsys.readouterr().err
    assert told == "note: no decision matches: the journal knows no shop/web; did you mean default/web?\n"
