"""The listener for explanations: this machine only, or with a token. One that cannot listen never keeps us from scaling."""

from __future__ import annotations

import hmac
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from autoscaler.config.settings import LOOPBACK_HOSTS, Settings
from autoscaler.daemon.explanations import Explanations, add_explanations
from autoscaler.daemon.health import served
from autoscaler.model.errors import Fault, InvalidSettingsError

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NAMES: Final = (*LOOPBACK_HOSTS, "[::1]")
_SHORTEST_TOKEN: Final = 16  #: characters

_log = structlog.get_logger("autoscaler.explanations")


async def open_explanations(stack: AsyncExitStack, settings: Settings, explanations: Explanations) -> int | None:
    """Serve explanations where the settings say; give the port in use, ``None`` where nothing is served.

    Raises:
        InvalidSettingsError: the token's file cannot be used.
    """
    listen = settings.http.explain
    if listen is None:
        return None
    token = _read_token(settings.http.explain_token) if settings.http.explain_token else ""
    app = web.Application(middlewares=[_guard(token)])
    add_explanations(app, explanations)
    try:
        return await stack.enter_async_context(served(app, listen.host, listen.port))
    except InvalidSettingsError as error:
        hint = "http.explain takes another HOST:PORT; port 0 takes a free one"
        _log.warning("explanations are not served", error=error.faults[0].what, hint=hint)
        return None


def _read_token(path: Path) -> str:
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise InvalidSettingsError([Fault(what=f"{path}: {reason}", path="http.explain_token")]) from error
    if len(token) < _SHORTEST_TOKEN:
        what, hint = f"{path} holds {len(token)} characters", f"a token has at least {_SHORTEST_TOKEN}"
        raise InvalidSettingsError([Fault(what=what, path="http.explain_token", hint=hint)])
    return token


def _guard(token: str) -> Middleware:
    """Let in who presents the token; without one, who asks by a name of this machine, which a foreign page cannot do."""
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if token:
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, expected):
                headers = {**_HEADERS, "WWW-Authenticate": "Bearer"}
                raise web.HTTPUnauthorized(text="a token is needed: Authorization: Bearer ...\n", headers=headers)
        elif _host(request.host) not in _NAMES:
            raise web.HTTPForbidden(text="this answers to localhost only\n", headers=_HEADERS)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            error.headers.update(_HEADERS)
            raise
        response.headers.update(_HEADERS)
        return response

    return guard


def _host(named: str) -> str:
    return named if named.endswith("]") else named.rsplit(":", 1)[0]
