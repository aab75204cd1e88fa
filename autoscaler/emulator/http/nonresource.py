"""Paths that are no resources: discovery, version, health, OpenAPI."""

from typing import Final

from aiohttp import web

from autoscaler.emulator import errors
from autoscaler.emulator.http.discovery import AGGREGATED, Discovery, wants_aggregated
from autoscaler.emulator.http.exchange import plain
from autoscaler.emulator.http.media import JSON, Answer, negotiate, parse_accept
from autoscaler.emulator.http.openapi import OpenApi
from autoscaler.model.json_types import JsonObject, JsonValue

_HEALTH: Final = ("/healthz", "/livez", "/readyz")
VERSION: Final = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.2",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-06-09T00:00:00Z",
    "goVersion": "go1.26.3",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_ROOT: Final = ("/api", "/api/v1", "/apis", *_HEALTH, "/openapi/v2", "/openapi/v3", "/version")


class NonResource:
    """Answers GETs outside the resources."""

    def __init__(self, discovery: Discovery, openapi: OpenApi) -> None:
        self._discovery = discovery
        self._openapi = openapi

    def answer(self, request: web.Request) -> web.Response:
        """Answer the request, with 404 in plain text where nothing is.

        Raises:
            ApiError: 404 for a version that a served group does not have, 406.
        """
        path = request.path.rstrip("/") or "/"
        if path.startswith(_HEALTH):
            return plain("ok", 200)
        if path.startswith("/openapi"):
            return self._openapi.answer(request)
        parts = path.strip("/").split("/")
        if parts[0] in ("api", "apis"):
            return self._discover(request, parts)
        if path == "/version":
            return _json(VERSION)
        return _json({"paths": list(_ROOT)}) if path == "/" else _missing()

    def _discover(self, request: web.Request, parts: list[str]) -> web.Response:
        header = request.headers.get("Accept", "")
        if len(parts) == 1 and wants_aggregated(parse_accept(header)):
            is_core = parts == ["api"]
            found = self._discovery.aggregated_core() if is_core else self._discovery.aggregated_groups()
            response = web.Response(body=Answer(JSON).encode(found))
            response.headers["Content-Type"] = AGGREGATED
            return response
        answer = negotiate(header, transforms=False)
        document = self._document(request, parts)
        if document is None:
            return _missing()
        return web.Response(body=answer.encode(document), content_type=answer.type)

    def _document(self, request: web.Request, parts: list[str]) -> JsonObject | None:
        discovery = self._discovery
        match parts:
            case ["api"]:
                return discovery.api_versions(request.host)
            case ["api", version]:
                return discovery.resource_list("", version)
            case ["apis"]:
                return discovery.group_list()
            case ["apis", group]:
                return discovery.group(group)
            case ["apis", group, version]:
                document = discovery.resource_list(group, version)
                if document is None and discovery.group(group) is not None and not discovery.is_custom(group):
                    raise errors.no_such_resource()
                return document
            case _:
                return None


def _json(value: JsonValue) -> web.Response:
    return web.Response(body=Answer(JSON).encode(value), content_type=JSON)


def _missing() -> web.Response:
    return plain("404 page not found\n", 404)
