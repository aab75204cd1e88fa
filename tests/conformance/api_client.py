"""The HTTP client of the replay: sends a step as it was recorded, reads watches line by line."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp
from yarl import URL

from autoscaler.model.json_types import JsonObject, JsonValue
from tests.conformance.api_placeholders import Bindings

USER_AGENT: Final = "golden/1.0"
"""The recorded field manager ``golden`` comes from it."""
EVENT_TIMEOUT_S: Final = 10.0
"""Longest wait for an expected watch event."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the body as JSON where it is, else as text; or a watch's events."""

    status: int
    headers: dict[str, list[str]]
    body: JsonValue = None
    text: str | None = None
    events: list[JsonValue] | None = None


class Client:
    """Sends requests to one server as the users of the recording."""

    def __init__(self, session: aiohttp.ClientSession, url: str, tokens: dict[str, str]) -> None:
        self._session = session
        self._url = url
        self._tokens = tokens
        self._watches: dict[str, tuple[aiohttp.ClientResponse, AsyncIterator[bytes]]] = {}

    async def send(self, step: JsonObject, bindings: Bindings) -> Answer:
        """Do a request step; a watch is read to its end, or to ``stop_after`` events."""
        async with self._request(step, bindings) as response:
            headers = {name: response.headers.getall(name) for name in response.headers}
            if "events" in step["response"] and response.status == 200:
                events = await self._events(response, step.get("stop_after"))
                return Answer(response.status, headers, events=events)
            content = await response.text()
            if response.content_type.endswith("json") and content:
                return Answer(response.status, headers, body=json.loads(content))
            return Answer(response.status, headers, text=content)

    async def open(self, step: JsonObject, bindings: Bindings) -> Answer:
        """Open a live watch and leave it open."""
        response = await self._session.request(**self._arguments(step, bindings))
        self._watches[step["id"]] = (response, response.content.__aiter__())
        headers = {name: response.headers.getall(name) for name in response.headers}
        return Answer(response.status, headers)

    async def read(self, watch: str, count: int) -> list[JsonValue]:
        """The next events of an open watch; fewer if they do not come in time."""
        events: list[JsonValue] = []
        lines = self._watches[watch][1]
        try:
            async with asyncio.timeout(EVENT_TIMEOUT_S):
                while len(events) < count:
                    events.append(json.loads(await anext(lines)))
        except (TimeoutError, StopAsyncIteration):
            pass  # what is missing shows in the comparison
        return events

    def close(self, watch: str) -> None:
        """Hang up an open watch."""
        self._watches.pop(watch)[0].close()

    def close_all(self) -> None:
        """Hang up all open watches."""
        for watch in list(self._watches):
            self.close(watch)

    async def _events(self, response: aiohttp.ClientResponse, stop_after: int | None) -> list[JsonValue]:
        events: list[JsonValue] = []
        async for line in response.content:
            events.append(json.loads(line))
            if len(events) == stop_after:
                break
        return events

    @asynccontextmanager
    async def _request(self, step: JsonObject, bindings: Bindings) -> AsyncIterator[aiohttp.ClientResponse]:
        response = await self._session.request(**self._arguments(step, bindings))
        try:
            yield response
        finally:
            response.close()

    def _arguments(self, step: JsonObject, bindings: Bindings) -> JsonObject:
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Content-Type": "application/json"}
        headers |= step.get("headers") or {}
        if (auth := step.get("auth", "admin")) != "none":
            headers["Authorization"] = f"Bearer {self._tokens.get(auth, 'unknown-token')}"
        data = str(bindings.fill(step["body_text"])) if "body_text" in step else None
        if "body" in step:
            data = json.dumps(bindings.fill(step["body"]))
        url = URL(self._url + bindings.fill_path(step["path"]), encoded=True)
        return {"method": step["method"], "url": url, "headers": headers, "data": data}
