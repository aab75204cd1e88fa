"""Evaluations that somebody outside asks for: POST /evaluate/NAMESPACE/NAME, for who knows of load before the metrics do.

Asking changes no decision and moves no grid: the policy is evaluated as at the end of its period, within a second. Asked
more often than that, it is evaluated once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

from aiohttp import web
from prometheus_client import Counter

from autoscaler.config.settings import Settings
from autoscaler.config.suggestions import which_policy
from autoscaler.daemon.door import guard, read_token
from autoscaler.daemon.health import served
from autoscaler.daemon.rounds import Rounds
from autoscaler.model.policy import PolicyKey


class Pushes:
    """Takes requests for evaluations; ``rounds`` are those that are under way, ``None`` where another replica leads."""

    def __init__(self, asked: Counter) -> None:
        """``asked`` counts requests, by result."""
        self.rounds: Rounds | None = None
        self.leader: Callable[[], str] = str  #: names the replica that leads, where there is an election
        self._asked = asked

    def add_to(self, app: web.Application) -> None:
        """Serve POST /evaluate/NAMESPACE/NAME."""
        app.router.add_post("/evaluate/{namespace}/{name}", self._evaluate)

    async def _evaluate(self, request: web.Request) -> web.Response:
        key = PolicyKey(namespace=request.match_info["namespace"], name=request.match_info["name"])
        if self.rounds is None:
            self._asked.labels("standby").inc()
            error = f"this replica does not evaluate; the one that leads: {self.leader() or 'nobody yet'}"
            return web.json_response({"error": error}, status=503, headers={"Retry-After": "1"})
        if not self.rounds.ask(key):
            self._asked.labels("unknown").inc()
            known = sorted(str(each) for each in self.rounds.keys)
            error = f"no policy {key} is in force; {which_policy(str(key), known)}"
            return web.json_response({"error": error}, status=404)
        self._asked.labels("accepted").inc()
        return web.json_response({"policy": str(key), "evaluated": "within 1s"}, status=202)


async def open_pushes(stack: AsyncExitStack, settings: Settings, pushes: Pushes) -> int | None:
    """Take requests where the settings say; give the port in use, ``None`` where none are taken.

    Raises:
        InvalidSettingsError: nothing can listen there, or the token's file cannot be used.
    """
    listen = settings.http.push
    if listen is None:
        return None
    token = read_token(settings.http.push_token, setting="http.push_token")
    app = web.Application(middlewares=[guard(token)], client_max_size=1024)  # nobody has to send a body
    pushes.add_to(app)
    return await stack.enter_async_context(served(app, listen.host, listen.port, setting="http.push"))
