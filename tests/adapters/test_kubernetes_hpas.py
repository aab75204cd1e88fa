"""HPA objects by list and watch: every change in order, and what a list no longer holds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from autoscaler.adapters.kubernetes.hpas import HpaCopy, hpas_of
from autoscaler.adapters.kubernetes.statuses import HpaObject
from autoscaler.adapters.kubernetes.watch import Pace, Reflector
from autoscaler.model.policy import PolicyKey

EVERYWHERE = "/apis/autoscaling/v2/horizontalpodautoscalers"
QUICK = Pace(backoff_first=0.01, backoff_longest=0.02)


def hpa(name: str, version: int, namespace: str = "shop") -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {"maxReplicas": version}}


class Heard:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.news: list[str] = []
        self.came = asyncio.Event()

    def appeared(self, key: PolicyKey, hpa: HpaObject) -> None:
        self._note(f"{key} {hpa.uid} {hpa.document['spec']['maxReplicas']}")

    def vanished(self, key: PolicyKey) -> None:
        self._note(f"{key} gone")

    def _note(self, text: str) -> None:
        self.news.append(text)
        self.came.set()

    async def until(self, text: str) -> None:
        async with asyncio.timeout(20):
            while text not in self.news:
                self.came.clear()
                await self.came.wait()


async def test_all_changes_come_in_order_and_a_new_list_tells_what_is_gone(client, server) -> None:
    expired = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
    first = {"metadata": {"resourceVersion": "7"}, "items": [hpa("web", 1), hpa("api", 2, "other")]}
    again = {"metadata": {"resourceVersion": "11"}, "items": [hpa("new", 10)]}
    changes = [("MODIFIED", hpa("web", 8)), ("DELETED", hpa("api", 9, "other")), ("ERROR", expired)]
    server.on("GET", EVERYWHERE, first, server.watch(*changes, then="hang"), again, server.watch(then="hang"))
    heard = Heard()
    reflector = Reflector(client, hpas_of(""), HpaCopy(heard), jitter=lambda: 0.5, pace=QUICK)

    task = asyncio.create_task(reflector.run())
    await heard.until("shop/new uid-new 10")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert heard.news == [
        "shop/web uid-web 1",
        "other/api uid-api 2",
        "shop/web uid-web 8",
        "other/api gone",
        "shop/web gone",
        "shop/new uid-new 10",
    ]


@pytest.mark.parametrize(
    ("namespace", "path"),
    [("", EVERYWHERE), ("shop", "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers")],
)
async def test_a_namespace_and_a_selector_narrow_both_list_and_watch(client, server, namespace: str, path: str) -> None:
    listed = {"metadata": {"resourceVersion": "7"}, "items": None}
    server.on("GET", path, listed, server.watch(("ADDED", hpa("web", 8)), then="hang"))
    heard = Heard()
    collection = hpas_of(namespace, "team in (a,b)")

    task = asyncio.create_task(Reflector(client, collection, HpaCopy(heard), jitter=lambda: 0.5, pace=QUICK).run())
    await heard.until("shop/web uid-web 8")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert [asked.query["labelSelector"] for asked in server.asked] == ["team in (a,b)", "team in (a,b)"]


def test_an_object_that_was_never_held_is_no_news_when_it_goes() -> None:
    heard = Heard()
    HpaCopy(heard).remove(HpaObject(uid="1", document=hpa("web", 1)))

    assert heard.news == []
