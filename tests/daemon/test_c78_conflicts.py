"""C78: replicas are written through the scale subresource, and a write that lost a race is tried on a fresh read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from autoscaler.emulator.builtin import DEPLOYMENTS
from autoscaler.emulator.faults import Fault, Kind
from autoscaler.model.decision import WriteResult
from tests.daemon.emulated import Emulated, daemon, emulated

TARGET = "/apis/apps/v1/namespaces/shop/deployments/web"
SCALE = f"{TARGET}/scale"


class EachFirst:
    """Lets somebody else change the target just before each first attempt of a size, which therefore is a 409."""

    def __init__(self, cluster: Emulated) -> None:
        self.asked: list[tuple[str, str]] = []
        self._cluster = cluster
        self._spoiled: Counter[int] = Counter()
        cluster.api.faults.add(Fault(kind=Kind.DELAY, hits=self._hits))

    def _hits(self, _user: str, method: str, path: str) -> bool:
        if path.startswith(TARGET):
            self.asked.append((method, path))
        if method == "PATCH" and path == SCALE:
            size = self._cluster.replicas()
            self._spoiled[size] += 1
            if self._spoiled[size] == 1:
                mark = {"changed-by": f"somebody else at {size}"}
                self._cluster.api.store.change(
                    DEPLOYMENTS, "web", "shop", lambda obj: obj | {"metadata": obj["metadata"] | {"annotations": mark}}
                )
        return False


async def test_c78_each_first_attempt_is_a_409_and_the_second_is_written(tmp_path: Path) -> None:
    async with emulated(tmp_path) as cluster:
        spoiled = EachFirst(cluster)
        cluster.use(100)
        async with daemon(cluster):
            await cluster.until(lambda: cluster.replicas() == 4)
            cluster.use(200)
            await cluster.until(lambda: cluster.replicas() == 8)
            await cluster.until(lambda: sum(one.outcome.result is WriteResult.WRITTEN for one in cluster.records) == 2)
            _, metrics = await cluster.probe("/metrics")
        annotations = cluster.api.store.get(DEPLOYMENTS, "web", "shop")["metadata"]["annotations"]

    resource = 'resource="deployments.apps/scale",verb="patch"'
    assert f'autoscaler_api_requests_total{{code="409",{resource}}} 2.0' in metrics
    assert f'autoscaler_api_requests_total{{code="200",{resource}}} 2.0' in metrics
    # Nothing else of the target is ever asked for, and after each refusal its scale is read afresh.
    assert {path for _, path in spoiled.asked} == {SCALE}
    writes = [place for place, (method, _) in enumerate(spoiled.asked) if method == "PATCH"]
    assert [spoiled.asked[place + 1][0] for place in writes[::2]] == ["GET", "GET"]
    assert annotations == {"changed-by": "somebody else at 4"}, "what somebody else wrote is kept"
    assert all(one.outcome.result is not WriteResult.FAILED for one in cluster.records)
