"""Who is let in at the daemon's own listeners: the bearer of a token, or without one this machine only."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from autoscaler.config.settings import LOOPBACK_HOSTS
from autoscaler.model.errors import Fault, InvalidSettingsError

_HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_NAMES: Final = (*LOOPBACK_HOSTS, "[::1]")
_SHORTEST_TOKEN: Final = 16  #: characters


def read_token(path: Path | None, *, setting: str) -> str:
    """Read a token from its file; empty where none is named. ``setting`` is what names it, for messages.

    Raises:
        InvalidSettingsError: the file cannot be read, or holds too little to be a secret.
    """
    if path is None:
        return ""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise InvalidSettingsError([Fault(what=f"{path}: {reason}", path=setting)]) from error
    if len(token) < _SHORTEST_TOKEN:
        what, hint = f"{path} holds {len(token)} characters", f"a token has at least {_SHORTEST_TOKEN}"
        raise InvalidSettingsError([Fault(what=what, path=setting, hint=hint)])
    return token


def guard(token: str) -> Middleware:
    """Let in who presents the token; without one, who asks by a name of this machine, which a foreign page cannot do."""
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
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

    return guarded


def _host(named: str) -> str:
    return named if named.endswith("]") else named.rsplit(":", 1)[0]
