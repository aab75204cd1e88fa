"""The emulated API server: one object to start, stop and fill."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from autoscaler.emulator.admission import IMMORTAL
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
        for name in sorted(IMMORTAL):
            self.store.create(NAMESPACES, {"metadata": {"name": name}})
        self.faults = faults or FaultSwitch()
        self.metrics = MetricsApis(metrics or StaticMetrics(), self.store.registry, clock)
        authenticator = Authenticator(dict(tokens or {ADMIN_TOKEN: ADMIN}), nobody)
        self._gateway = Gateway(self.store, authenticator, self.metrics, self.faults)
        self._runner: web.AppRunner | None = None
        self.url = ""
        """Where it listens, once started."""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; port 0 takes a free one. Returns the URL."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, host, port)
        await site.start()
        self._runner = runner
        bound = runner.addresses[0]
        self.url = f"http://{bound[0]}:{bound[1]}"
        return self.url

    async def stop(self) -> None:
        """Close every connection, open watches too."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=8 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._gateway.handle)
        return application
