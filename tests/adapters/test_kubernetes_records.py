"""What we leave in the cluster: the status of HPA objects, and Events that count instead of repeating."""

from __future__ import annotations

import pytest

from autoscaler.adapters.kubernetes.errors import RefusedError
from autoscaler.adapters.kubernetes.events import Events, Regarding, Reporter
from autoscaler.adapters.kubernetes.statuses import HpaObject, Statuses
from autoscaler.model.decision import Announcement
from autoscaler.model.time import MINUTE, SECOND

HPA = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web"
EVENTS = "/api/v1/namespaces/shop/events"
TEN = 1_795_514_400 * SECOND  # 2026-11-24T10:00:00Z
WEB = Regarding(api_version="autoscaling/v2", kind="HorizontalPodAutoscaler", namespace="shop", name="web", uid="u-1")
US = Reporter(component="autoscaler", instance="autoscaler-7f")
GREW = Announcement(type="Normal", reason="SuccessfulRescale", message="New size: 4; reason: cpu above target")


async def test_an_hpa_object_is_read_where_there_is_one(client, server) -> None:
    document = {"metadata": {"name": "web", "uid": "u-1"}, "status": {"desiredReplicas": 3}}
    server.on("GET", HPA, document)

    statuses = Statuses(client)

    assert await statuses.read("shop", "web") == HpaObject(uid="u-1", document=document)
    assert await statuses.read("shop", "other") is None


async def test_what_a_status_leaves_out_is_removed(client, server) -> None:
    server.on("PATCH", f"{HPA}/status", {"metadata": {"uid": "u-1"}})

    assert await Statuses(client).write("shop", "web", {"desiredReplicas": 0, "currentMetrics": None}) == "u-1"

    assert server.asked[0].body == {
        "status": {
            "observedGeneration": None,
            "currentReplicas": None,
            "lastScaleTime": None,
            "currentMetrics": None,
            "conditions": None,
            "desiredReplicas": 0,
        }
    }


async def test_a_policy_without_an_object_has_no_status_to_write(client) -> None:
    assert await Statuses(client).write("shop", "web", {"desiredReplicas": 1}) == ""


async def test_a_refused_status_is_an_error(client, server) -> None:
    server.on("PATCH", f"{HPA}/status", (403, "no", {}))

    with pytest.raises(RefusedError):
        await Statuses(client).write("shop", "web", {"desiredReplicas": 1})


async def test_an_event_as_kubectl_describes_it(client, server) -> None:
    server.on("POST", EVENTS, {})

    await Events(client).write(WEB, GREW, by=US, at=TEN)

    body = server.asked[0].body
    assert body["metadata"].pop("name").startswith("web.")
    assert body == {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": "shop"},
        "involvedObject": {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "namespace": "shop",
            "name": "web",
            "uid": "u-1",
        },
        "type": "Normal",
        "reason": "SuccessfulRescale",
        "message": "New size: 4; reason: cpu above target",
        "source": {"component": "autoscaler"},
        "reportingComponent": "autoscaler",
        "reportingInstance": "autoscaler-7f",
        "firstTimestamp": "2026-11-24T10:00:00Z",
        "lastTimestamp": "2026-11-24T10:00:00Z",
        "count": 1,
    }


async def test_a_repeat_is_counted_at_once_here_and_once_a_minute_there(client, server) -> None:
    events = Events(client)
    server.on("POST", EVENTS, {})
    await events.write(WEB, GREW, by=US, at=TEN)
    name = server.asked[0].body["metadata"]["name"]
    server.on("PATCH", f"{EVENTS}/{name}", {})

    for after in range(15, 121, 15):
        await events.write(WEB, GREW, by=US, at=TEN + after * SECOND)

    assert [(asked.method, asked.body.get("count")) for asked in server.asked] == [
        ("POST", 1),
        ("PATCH", 5),
        ("PATCH", 9),
    ]
    assert server.asked[-1].body["lastTimestamp"] == "2026-11-24T10:02:00Z"


async def test_the_last_repeats_are_told_when_no_more_come(client, server) -> None:
    events = Events(client)
    server.on("POST", EVENTS, {})
    await events.write(WEB, GREW, by=US, at=TEN)
    name = server.asked[0].body["metadata"]["name"]
    server.on("PATCH", f"{EVENTS}/{name}", {})
    await events.write(WEB, GREW, by=US, at=TEN + 15 * SECOND)

    assert events.untold(TEN + 30 * SECOND) == ()
    [key] = events.untold(TEN + MINUTE)
    await events.tell(key)

    assert server.asked[-1].body == {"count": 2, "lastTimestamp": "2026-11-24T10:00:15Z"}
    assert events.untold(TEN + 2 * MINUTE) == ()


async def test_an_event_the_server_forgot_is_written_anew(client, server) -> None:
    events = Events(client)
    server.on("POST", EVENTS, {})

    await events.write(WEB, GREW, by=US, at=TEN)
    await events.write(WEB, GREW, by=US, at=TEN + 61 * MINUTE)

    assert [asked.method for asked in server.asked] == ["POST", "PATCH", "POST"]


async def test_ten_in_a_minute_about_one_object_and_no_more(client, server) -> None:
    events = Events(client, per_minute=10)
    server.on("POST", EVENTS, {})

    for number in range(30):
        await events.write(WEB, Announcement(type="Warning", reason="R", message=str(number)), by=US, at=TEN)
    assert (len(server.asked), events.held_back) == (10, 20)

    await events.write(WEB, GREW, by=US, at=TEN + 6 * SECOND)
    await events.write(WEB, Announcement(type="Warning", reason="R", message="x"), by=US, at=TEN + 6 * SECOND)
    assert (len(server.asked), events.held_back) == (11, 21)
