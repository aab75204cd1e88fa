"""Probes that say what is wrong, metrics with upstream's labels, logs that machines read."""

from __future__ import annotations

import io
import json
import logging

import aiohttp
import pytest
import structlog
from msgspec.structs import replace
from prometheus_client import CollectorRegistry, generate_latest

from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.control.messages import Record
from autoscaler.daemon import logs
from autoscaler.daemon.datasource_telemetry import DatasourceTelemetry
from autoscaler.daemon.health import Checks, Heartbeat, add_metrics, health_app, served
from autoscaler.daemon.recorder import PassRecorder
from autoscaler.daemon.telemetry import Telemetry
from autoscaler.daemon.ticker import Tick
from autoscaler.model.decision import (
    Action,
    Decision,
    ErrorKind,
    PolicyStatus,
    Proposal,
    Reason,
    Settlement,
    Stage,
    WriteOutcome,
    WriteResult,
)
from autoscaler.model.errors import InvalidSettingsError
from autoscaler.model.observation import NoReading, Observation, Scale
from autoscaler.model.policy import PolicyKey

KEY = PolicyKey(namespace="shop", name="web")


def record(*, current: int = 3, desired: int = 5, result: WriteResult = WriteResult.WRITTEN, error: str = "") -> Record:
    """One pass: cpu asks, the write goes as told."""
    cpu = Proposal(name="cpu resource utilization (percentage of request)", replicas=desired, metric_type="Resource")
    decision = Decision(
        key=KEY,
        at=0,
        current=current,
        desired=desired,
        rescale=current != desired,
        reason=Reason.SCALED_UP if current != desired else Reason.WITHIN_TOLERANCE,
        proposals=(cpu,),
        steps=(Stage(stage="metric", before=current, after=desired, why="cpu"),),
        status=PolicyStatus(),
        error=error,
    )
    return Record(
        key=KEY,
        observation=Observation(
            at=0, scale=Scale(spec_replicas=current, status_replicas=current), readings=(NoReading(error="x"),)
        ),
        decision=decision,
        outcome=WriteOutcome(result=result),
        settlement=Settlement(
            status=PolicyStatus(),
            action=Action.SCALE_UP if current != desired else Action.NONE,
            error=error,
            error_kind=ErrorKind.INTERNAL if error else ErrorKind.NONE,
        ),
    )


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def test_probes_say_ok_or_what_is_wrong() -> None:
    trouble = {"api": ""}
    app = health_app(
        Checks(live={"loop": Heartbeat().check}, ready={"api": lambda: trouble["api"], "pods": lambda: ""})
    )

    async with served(app, "127.0.0.1", 0) as port:
        assert await get(port, "/livez") == (200, "ok")
        assert await get(port, "/readyz") == (200, "ok")
        trouble["api"] = "connection refused"
        assert await get(port, "/livez?verbose") == (200, "[+]loop ok\nlivez check passed\n")
        assert await get(port, "/readyz") == (
            503,
            "[-]api failed: connection refused\n[+]pods ok\nreadyz check failed\n",
        )
        assert await get(port, "/readyz/pods") == (200, "ok")
        assert await get(port, "/readyz/api") == (503, "connection refused")
        assert await get(port, "/readyz/moon") == (404, "no such check; there are: api, pods\n")


@pytest.mark.looptime
async def test_a_loop_that_does_not_turn_is_not_alive() -> None:
    import asyncio

    heart = Heartbeat()
    assert heart.check() == ""
    await asyncio.sleep(11)
    assert heart.check() == "the event loop did not turn for 11 s"


async def test_an_address_that_is_taken_is_one_clear_fault() -> None:
    app = health_app(Checks(live={}, ready={}))
    async with served(app, "127.0.0.1", 0) as port:
        with pytest.raises(InvalidSettingsError, match=rf"^http\.listen: cannot listen on 127\.0\.0\.1:{port}: "):
            async with served(health_app(Checks(live={}, ready={})), "127.0.0.1", port):
                pass


async def test_a_pass_is_counted_with_upstreams_labels() -> None:
    telemetry = Telemetry(version="1.2.3")
    telemetry.watch_ages(lambda: {"shop": 3.0, "bank": 7.5})

    telemetry.ticked(KEY, Tick(lag=0.25, skipped=2))
    telemetry.record(record())
    telemetry.answered(Subject(verb="get", resource="deployments.apps/scale"), 200)
    telemetry.unanswered(Subject(verb="list", resource="pods"), "gone")

    telemetry.refresh()
    text = generate_latest(telemetry.registry).decode()
    for line in (
        'autoscaler_reconciliations_total{action="scale_up",error="none"} 1.0',
        'autoscaler_reconciliation_duration_seconds_count{action="scale_up",error="none"} 1.0',
        'autoscaler_metric_computation_total{action="none",error="none",metric_type="Resource"} 1.0',
        'autoscaler_decision_limited_total{reason="ScaledUp"} 1.0',
        'autoscaler_scale_writes_total{result="written"} 1.0',
        'autoscaler_desired_replicas{policy="web",target_namespace="shop"} 5.0',
        'autoscaler_current_replicas{policy="web",target_namespace="shop"} 3.0',
        'autoscaler_recommended_replicas{policy="web",stage="metric",target_namespace="shop"} 5.0',
        'autoscaler_unread_metrics{policy="web",target_namespace="shop"} 1.0',
        "autoscaler_sync_lag_seconds_sum 0.25",
        "autoscaler_ticks_skipped_total 2.0",
        'autoscaler_api_requests_total{code="200",resource="deployments.apps/scale",verb="get"} 1.0',
        'autoscaler_api_requests_total{code="none",resource="pods",verb="list"} 1.0',
        'autoscaler_cache_age_seconds{resource="pods"} 7.5',
    ):
        assert f"{line}\n" in text

    telemetry.forget(KEY)
    assert 'policy="web"' not in generate_latest(telemetry.registry).decode()


async def test_metrics_are_served_to_a_scraper() -> None:
    app = health_app(Checks(live={}, ready={}))
    telemetry = Telemetry(version="1.2.3", per_policy=False)
    add_metrics(app, telemetry.registry, telemetry.refresh)

    async with served(app, "127.0.0.1", 0) as port:
        code, text = await get(port, "/metrics")

    assert code == 200
    assert 'autoscaler_build_info{python_version="3.' in text


@pytest.fixture
def log_stream(log_put_back: None) -> io.StringIO:
    """The log as JSON lines."""
    stream = io.StringIO()
    logs.set_up(level="info", style="json", stream=stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_a_log_line_is_one_json_object_whoever_writes_it(log_stream) -> None:
    structlog.get_logger("autoscaler.x").info("two\nlines", policy="web")
    logging.getLogger("aiohttp.server").error("theirs %s", "too")

    ours, theirs = lines(log_stream)
    assert list(ours)[:4] == ["ts", "level", "logger", "msg"]
    assert str(ours["ts"]).endswith("Z")
    assert (ours["level"], ours["logger"], ours["msg"], ours["policy"]) == ("info", "autoscaler.x", "two\nlines", "web")
    assert (theirs["level"], theirs["logger"], theirs["msg"]) == ("error", "aiohttp.server", "theirs too")


async def test_a_datasource_that_is_away_is_told_of_once_and_its_queries_never(log_stream) -> None:
    told = DatasourceTelemetry(CollectorRegistry())
    for is_open in (False, True, True, False, False):
        logging.getLogger("httpx").info("HTTP Request: POST ...")
        told.breaker("main", is_open=is_open)

    assert [(line["level"], line["msg"], line["datasource"]) for line in lines(log_stream)] == [
        ("error", "datasource does not answer: it is asked less often until it does", "main"),
        ("info", "datasource answers again", "main"),
    ]


async def test_one_line_per_scale_and_a_trouble_is_told_once(log_stream) -> None:
    seen: list[Record] = []
    recorder = PassRecorder(Telemetry(version="1"), seen.append)
    quiet = {"current": 3, "desired": 3, "result": WriteResult.NOT_NEEDED}

    recorder.record(record())
    recorder.record(record(**quiet))
    recorder.record(record(**quiet, error="no metrics"))
    recorder.record(record(**quiet, error="no metrics"))
    recorder.record(record(**quiet))

    assert [(line["level"], line["msg"]) for line in lines(log_stream)] == [
        ("info", "Growing from 3 to 5. cpu asks for 5."),
        ("warning", "cannot decide fully"),
        ("info", "decides fully again"),
    ]
    assert len(seen) == 5


async def test_what_an_observer_would_do_is_said_when_it_changes(log_stream) -> None:
    recorder = PassRecorder(Telemetry(version="1"))

    for desired in (5, 5, 6):
        recorder.record(record(desired=desired, result=WriteResult.WITHHELD))

    assert [line["msg"] for line in lines(log_stream)] == [
        "Would grow from 3 to 5 (observing only). cpu asks for 5.",
        "Would grow from 3 to 6 (observing only). cpu asks for 6.",
    ]


async def test_a_pass_whose_status_was_refused_is_kept_once_as_amended(log_stream) -> None:
    seen: list[Record] = []
    recorder = PassRecorder(Telemetry(version="1"), seen.append)
    first = record(current=3, desired=3, result=WriteResult.NOT_NEEDED)
    refused = replace(record(current=3, desired=3, result=WriteResult.NOT_NEEDED, error="no"), amends=True)

    recorder.record(refused)
    recorder.record(first)

    assert seen == [refused]
    assert [line["msg"] for line in lines(log_stream)] == ["cannot decide fully"]


async def test_credentials_never_reach_the_log(log_stream) -> None:
    structlog.get_logger("autoscaler.x").info(
        "sent Authorization: Bearer eyJhbGciOi.J9", token="t0ps3cret", server="https://me:pw@10.0.0.1:6443/x"
    )

    [line] = lines(log_stream)
    assert line["msg"] == "sent Authorization: Bearer ***"
    assert (line["token"], line["server"]) == ("***", "https://***@10.0.0.1:6443/x")


async def test_a_message_from_elsewhere_cannot_move_the_cursor(log_put_back) -> None:
    stream = io.StringIO()
    logs.set_up(level="info", style="console", stream=stream)

    structlog.get_logger("autoscaler.x").info("refused: \x1b[2Jgone", error="a\nb")

    text = stream.getvalue()
    assert "\x1b" not in text
    assert "refused: \\x1b[2Jgone" in text
    assert text.count("\n") == 1
