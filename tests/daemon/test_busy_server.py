"""An API server that answers every second request with 429: the daemon scales, leads throughout, and makes no storm of it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from pathlib import Path

from autoscaler.daemon.clock import AnchoredClock
from autoscaler.emulator.faults import Fault, Kind
from tests.daemon.emulated import Emulated, daemon, emulated

ELECTION = {
    "enabled": True,
    "namespace": "shop",
    "lease_duration": "5s",
    "renew_deadline": "4s",
    "retry_period": "500ms",
}
LEADS = 'leader_election_master_status{name="autoscaler"} 1.0'


class HalfBusy:
    """Refuses every second request about each path with 429, a second please; counts both kinds."""

    def __init__(self, cluster: Emulated) -> None:
        self.asked: defaultdict[str, int] = defaultdict(int)
        self.refused: Counter[str] = Counter()
        cluster.api.faults.add(Fault(kind=Kind.THROTTLE, seconds=1.0, hits=self._hits))

    def _hits(self, _user: str, method: str, path: str) -> bool:
        what = f"{method} {path}"
        self.asked[what] += 1
        refused = self.asked[what] % 2 == 1
        self.refused[what] += refused
        return refused


async def test_half_of_all_answers_429_neither_stops_scaling_nor_costs_the_lease(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    async with emulated(tmp_path) as cluster:
        cluster.use(100)
        busy = HalfBusy(cluster)
        async with daemon(
            cluster,
            AnchoredClock(),
            leader_election=ELECTION,
            hpa={"sync_period": "1s"},
            kubernetes={"kubeconfig": cluster.kubeconfig, "request_timeout": "8s"},
        ):
            began = loop.time()
            led: list[bool] = []
            async with asyncio.timeout(30):
                while cluster.replicas() < 4 or loop.time() - began < 8:
                    led.append(LEADS in (await cluster.probe("/metrics"))[1])
                    await asyncio.sleep(0.1)
            lasted = loop.time() - began
            _, metrics = await cluster.probe("/metrics")
            cluster.api.faults.clear()
            await cluster.until(lambda: cluster.hpa_status().get("desiredReplicas", 0) >= 4)

    assert led[led.index(True) :] == [True] * (len(led) - led.index(True)), "it led once, and ever since"
    assert sum(busy.refused.values()) > 10
    assert sum(busy.asked.values()) / lasted < 40, "requests per second, refused ones included"
    assert 'autoscaler_api_requests_total{code="429"' in metrics
    throttled = next(line for line in metrics.splitlines() if line.startswith("autoscaler_api_throttle_seconds_total"))
    assert float(throttled.split()[1]) >= 1
