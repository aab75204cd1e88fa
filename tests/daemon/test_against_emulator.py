"""The daemon against the emulated API server, over HTTP, with everything that can go wrong between the two."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from autoscaler.emulator.faults import Fault, Kind
from autoscaler.model.decision import Reason, WriteResult
from autoscaler.model.errors import InvalidPolicyError, InvalidSettingsError
from autoscaler.model.observation import NoReading, ScaleUnavailable
from tests.daemon.emulated import POLICY, Emulated, add_pod, daemon, emulated

SCALE = "/deployments/web/scale"
METRICS = "/apis/metrics.k8s.io/"


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Emulated]:
    async with emulated(tmp_path) as made:
        yield made


def on(method: str, part: str):
    """Choose requests by method and by what their path holds."""
    return lambda _user, asked, path: asked == method and part in path


async def test_it_scales_up_under_load_and_says_so_in_the_cluster(cluster) -> None:
    async with daemon(cluster):
        [calm] = await cluster.passes(1)
        assert calm.decision.reason is Reason.WITHIN_TOLERANCE
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)
        await cluster.until(lambda: cluster.hpa_status().get("desiredReplicas") == 4)

    rescale = "New size: 4; reason: cpu resource utilization (percentage of request) above target"
    assert cluster.events() == [("SuccessfulRescale", rescale)]
    status = cluster.hpa_status()
    assert {condition["type"]: condition["status"] for condition in status["conditions"]} == {
        "AbleToScale": "True",
        "ScalingActive": "True",
        "ScalingLimited": "False",
    }
    assert status["currentMetrics"][0]["resource"]["current"]["averageUtilization"] == 100


async def test_an_observer_leaves_no_trace(cluster) -> None:
    before = cluster.api.store.storage.revision
    cluster.use(100)

    async with daemon(cluster, apply=False):
        passes = await cluster.passes(3)

    assert {(one.decision.desired, one.outcome.result) for one in passes} == {(4, WriteResult.WITHHELD)}
    assert cluster.api.store.storage.revision == before


async def test_metrics_that_are_down_hold_everything_and_recovery_is_by_itself(cluster) -> None:
    down = cluster.api.faults.add(Fault(kind=Kind.UNAVAILABLE, hits=on("GET", METRICS)))
    cluster.use(0)

    async with daemon(cluster):
        passes = await cluster.passes(3)
        assert {one.decision.reason for one in passes} == {Reason.METRIC_MISSING}
        assert cluster.replicas() == 2
        assert "FailedGetResourceMetric" in [reason for reason, _ in cluster.events()]
        down()
        cluster.use(100)
        await cluster.until(lambda: cluster.replicas() == 4)


async def test_a_person_who_scales_at_the_same_moment_is_noticed_and_answered_as_upstream_does(cluster) -> None:
    interfered = []

    def interfere(_user: str, method: str, path: str) -> bool:
        if method == "PATCH" and SCALE in path and not interfered:
            interfered.append(path)
            cluster.set_replicas(7)
        return False

    cluster.api.faults.add(Fault(kind=Kind.CONFLICT, hits=interfere))
    cluster.use(100)
    async with daemon(cluster):
        await cluster.until(lambda: any(one.outcome.result is WriteResult.WRITTEN for one in cluster.records))

    # The write met a 409; upstream's rule is to read again and to write the same size.
    written = next(one for one in cluster.records if one.outcome.result is WriteResult.WRITTEN)
    assert (written.decision.current, written.decision.desired) == (2, 4)
    assert interfered
    assert cluster.replicas() == 4


async def test_conflicts_that_do_not_end_are_given_up_and_announced(cluster) -> None:
    cluster.api.faults.add(Fault(kind=Kind.CONFLICT, hits=on("PATCH", SCALE), times=5))
    cluster.use(100)

    async with daemon(cluster):
        await cluster.until(lambda: any(one.outcome.result is WriteResult.FAILED for one in cluster.records))
        await cluster.until(lambda: cluster.replicas() == 4)

    assert "FailedRescale" in [reason for reason, _ in cluster.events()]


async def test_an_outage_with_a_lost_watch_history_ends_in_a_fresh_list(cluster) -> None:
    port = int(cluster.api.url.rpartition(":")[2])
    async with daemon(cluster):
        await cluster.passes(1)
        await cluster.api.stop()
        lost = await cluster.passes(1)
        assert isinstance(lost[-1].observation.scale, ScaleUnavailable)

        add_pod(cluster.api, "web-new")
        cluster.api.store.storage.expire_history()
        cluster.use(50)
        await cluster.api.start("127.0.0.1", port)
        await cluster.until(lambda: "web-new" in {pod.name for pod in cluster.records[-1].observation.pods})

    assert cluster.replicas() == 2


async def test_a_busy_server_is_given_time_within_the_pass(cluster) -> None:
    cluster.api.faults.add(Fault(kind=Kind.THROTTLE, hits=on("GET", SCALE), seconds=1, times=1))
    cluster.use(100)

    async with daemon(cluster, kubernetes={"kubeconfig": cluster.kubeconfig, "request_timeout": "3s"}):
        await cluster.until(lambda: cluster.replicas() == 4)

    assert not any(isinstance(one.observation.scale, ScaleUnavailable) for one in cluster.records)


async def test_a_hanging_metrics_api_costs_its_time_out_and_nothing_else(cluster) -> None:
    cluster.api.faults.add(Fault(kind=Kind.HANG, hits=on("GET", METRICS), times=1))

    async with daemon(cluster, kubernetes={"kubeconfig": cluster.kubeconfig, "request_timeout": "600ms"}):
        [held] = await cluster.passes(1)
        await cluster.until(lambda: cluster.records[-1].decision.reason is Reason.WITHIN_TOLERANCE)

    [reading] = held.observation.readings
    assert isinstance(reading, NoReading)
    assert reading.error.endswith("context deadline exceeded")
    assert held.decision.desired == 2


async def test_a_write_that_is_cut_off_is_tried_again_in_the_next_pass(cluster) -> None:
    cluster.api.faults.add(Fault(kind=Kind.CUT, hits=on("PATCH", SCALE), times=1))
    cluster.use(100)

    async with daemon(cluster):
        await cluster.until(lambda: cluster.replicas() == 4)
        await cluster.until(lambda: "SuccessfulRescale" in [reason for reason, _ in cluster.events()])

    failed = next(one for one in cluster.records if one.outcome.result is WriteResult.FAILED)
    assert "connection reset by peer" in failed.outcome.error


async def test_a_server_that_is_away_at_the_start_is_waited_for(tmp_path: Path, unused_tcp_port: int) -> None:
    async with emulated(tmp_path, port=unused_tcp_port) as cluster:
        cluster.use(100)
        await cluster.api.stop()

        async with daemon(cluster):
            code, text = await cluster.probe("/readyz?verbose")
            assert code == 503
            assert "[-]policies failed" in text
            assert await cluster.probe("/livez") == (200, "ok")
            assert cluster.records == []

            await cluster.api.start("127.0.0.1", unused_tcp_port)
            await cluster.until(lambda: cluster.replicas() == 4)
            assert await cluster.probe("/readyz") == (200, "ok")
            _, metrics = await cluster.probe("/metrics")

    assert 'autoscaler_reconciliations_total{action="scale_up",error="none"} 1.0' in metrics
    assert "autoscaler_api_reachable 1.0" in metrics


async def test_policies_come_change_and_go_while_it_runs(cluster) -> None:
    file, other = cluster.policies / "web.yaml", cluster.policies / "other.yaml"
    file.write_text(POLICY.replace("maxReplicas: 10", "maxReplicas: 3"))
    cluster.use(500)

    async with daemon(cluster):
        await cluster.until(lambda: cluster.replicas() == 3)
        file.write_text(POLICY.replace("maxReplicas: 10", "maxReplicas: 0"))
        await cluster.metric('autoscaler_policies{state="refused"} 1.0')
        await cluster.passes(1)
        assert cluster.replicas() == 3  # the last good version is in force

        file.write_text(POLICY.replace("maxReplicas: 10", "maxReplicas: 5"))
        other.write_text(POLICY.replace("name: web", "name: other"))
        await cluster.metric('autoscaler_policies{state="in_force"} 2.0')
        await cluster.until(lambda: cluster.replicas() == 5)

        other.unlink()
        await cluster.metric('autoscaler_policies{state="in_force"} 1.0')


async def test_a_token_that_changes_is_read_again(cluster) -> None:
    good = cluster.kubeconfig.read_text()
    cluster.kubeconfig.write_text(good.replace("token: admin", "token: old"))
    cluster.use(100)

    async with daemon(cluster):
        await cluster.passes(1)
        cluster.kubeconfig.write_text(good)
        await cluster.until(lambda: cluster.replicas() == 4)


async def test_a_start_that_makes_no_sense_is_refused(cluster) -> None:
    with pytest.raises(InvalidSettingsError, match="no policies are named"):
        async with daemon(cluster, policies=()):
            pass
    (cluster.policies / "web.yaml").write_text(POLICY.replace("maxReplicas: 10", "maxReplicas: 0"))
    with pytest.raises(InvalidPolicyError, match=r"web\.yaml:7: spec\.maxReplicas"):
        async with daemon(cluster):
            pass
