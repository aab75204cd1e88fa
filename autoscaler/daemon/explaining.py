"""The listener for explanations: this machine only, or with a token. One that cannot listen never keeps us from scaling."""

from __future__ import annotations

from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from autoscaler.config.settings import Settings
from autoscaler.daemon.door import guard, read_token
from autoscaler.daemon.explanations import Explanations, add_explanations
from autoscaler.daemon.health import served
from autoscaler.model.errors import InvalidSettingsError

_log = structlog.get_logger("autoscaler.explanations")


async def open_explanations(stack: AsyncExitStack, settings: Settings, explanations: Explanations) -> int | None:
    """Serve explanations where the settings say; give the port in use, ``None`` where nothing is served.

    Raises:
        InvalidSettingsError: the token's file cannot be used.
    """
    listen = settings.http.explain
    if listen is None:
        return None
    token = read_token(settings.http.explain_token, setting="http.explain_token")
    app = web.Application(middlewares=[guard(token)])
    add_explanations(app, explanations)
    try:
        return await stack.enter_async_context(served(app, listen.host, listen.port))
    except InvalidSettingsError as error:
        hint = "http.explain takes another HOST:PORT; port 0 takes a free one"
        _log.warning("explanations are not served", error=error.faults[0].what, hint=hint)
        return None
