"""The emulated API server: one object to start, stop and fill."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from autoscaler.emulator.admission import FIRST_NAMESPACES
from autoscaler.emulator.builtin import NAMESPACES, builtin_registry
from autoscaler.emulator.clock import Clock
from autoscaler.emulator.faults import FaultSwitch
from autoscaler.emulator.http.gateway import Gateway
from autoscaler.emulator.http.metrics_apis import MetricsApis
from autoscaler.emulator.metrics_source import MetricsSource, StaticMetrics
from autoscaler.emulator.store import ObjectStore
from autoscaler.emulator.users import ADMIN, ANONYMOUS, Authenticator, User

ADMIN_TOKEN: Final = "admin"
"""Bearer token of an administrator, where no other tokens are given."""


class ApiServer:
    """Answers like kube-apiserver 1.36.2 on a local port.

    ``store`` is the same objects for in-process controllers: create, update, delete, list and follow them there.
    ``metrics`` tells what the metrics APIs serve, ``faults`` what goes wrong. ``nobody`` is who a caller is that shows
    no token; kubectl shows none where the connection is not encrypted.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        metrics: MetricsSource | None = None,
        tokens: Mapping[str, User] | None = None,
        faults: FaultSwitch | None = None,
        nobody: User = ANONYMOUS,
    ) -> None:
        self.store = ObjectStore(builtin_registry(), clock)
        for name in sorted(FIRST_NAMESPACES):
            self.store.create(NAMESPACES, {"metadata": {"name": name}})
        self.faults = faults or FaultSwitch()
        self.metrics = MetricsApis(metrics or StaticMetrics(), self.store.registry, clock)
        authenticator = Authenticator(dict(tokens or {ADMIN_TOKEN: ADMIN}))
        self._gateway = Gateway(self.store, authenticator, self.metrics, self.faults)
        self._nobody = nobody
        self._runners: list[web.AppRunner] = []
        self.url = ""
        """Where it listens, once started; of several listeners the first."""

    async def start(self, host: str = "127.0.0.1", port: int = 0, *, nobody: User | None = None) -> str:
        """Listen; port 0 takes a free one. Returns the URL.

        May be called again for another listener, with another ``nobody``.
        """
        runner = web.AppRunner(self._application(nobody or self._nobody), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0]
        url = f"http://{bound[0]}:{bound[1]}"
        self.url = self.url or url
        return url

    async def stop(self) -> None:
        """Close every connection, open watches too."""
        while self._runners:
            await self._runners.pop().cleanup()
        self.url = ""

    def _application(self, nobody: User) -> web.Application:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._gateway.handle(request, nobody)

        application = web.Application(client_max_size=8 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", handle)
        return application
