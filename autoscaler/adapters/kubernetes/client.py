"""One HTTP client to the API server: credentials, timeouts, patience with a busy server, one family of errors."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp
from kubernetes_asyncio.client import ApiClient, Configuration

from autoscaler.adapters.kubernetes.connection import Credentials
from autoscaler.adapters.kubernetes.errors import (
    KubernetesError,
    NoAnswerError,
    RefusedError,
    Subject,
    in_words,
    read_retry_after,
    refusal,
)
from autoscaler.adapters.kubernetes.gate import Gate, Turn
from autoscaler.model.errors import Fault, InvalidSettingsError

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

#: A rejected token is replaced at most this often [s], so that a wrong one does not turn into a storm of reads.
CREDENTIALS_RELOAD_INTERVAL = 1.0
#: Where what was read is rejected too, the next look is twice as far away, up to this [s].
LONGEST_RELOAD_INTERVAL = 30.0
#: What to wait [s] where the server asks for patience without saying how much.
DEFAULT_RETRY_AFTER = 1.0
#: Failures quoted in messages need no more of the body than this [bytes].
MAX_ERROR_BODY = 64 * 1024
#: No answer we ask for is larger [bytes]: lists are paged. Beyond it lies garbage, or an attack.
MAX_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Patience [s]: for a connection, and for a whole request with its retries."""

    connect: float = 5.0
    total: float = 10.0


class Requests(Protocol):
    """Told of every request, for metrics and health."""

    def answered(self, subject: Subject, code: int) -> None:
        """The server answered, with whatever code."""

    def unanswered(self, subject: Subject, error: str) -> None:
        """No usable answer came."""

    def throttled(self, subject: Subject, seconds: float) -> None:
        """The request waited this long, because the server asked for it or for its turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    method: str
    path: str
    subject: Subject
    query: Mapping[str, str]
    body: object = None
    content_type: str = JSON


@asynccontextmanager
async def open_client(
    credentials: Credentials, *, timeouts: Timeouts, requests: Requests, user_agent: str, gate: Gate | None = None
) -> AsyncIterator[Client]:
    """Load the configuration and hold a connection pool until the block ends. Contacts nobody yet.

    ``gate`` says how fast requests may follow each other, and which goes first; by default one with the usual rate.

    Raises: InvalidSettingsError where the configuration is unusable.
    """
    configuration = Configuration()
    await credentials(configuration)
    configuration.connection_pool_maxsize = 0  # no limit of the pool's own: watches would use it up
    try:
        api = ApiClient(configuration)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSettingsError(
            [Fault(what=f"cannot use the certificates: {error}", source="kubeconfig")]
        ) from error
    async with api:
        api.user_agent = user_agent
        yield Client(api, credentials, timeouts, requests, gate or Gate())


class Client:
    """A connection pool to one API server, which may be away at any time."""

    def __init__(
        self, api: ApiClient, credentials: Credentials, timeouts: Timeouts, requests: Requests, gate: Gate
    ) -> None:
        self._api = api
        self._credentials = credentials
        self._timeouts = timeouts
        self._requests = requests
        self.gate = gate
        self._reloading = asyncio.Lock()
        self._reloaded_at = float("-inf")
        self._reload_interval = CREDENTIALS_RELOAD_INTERVAL

    @property
    def server(self) -> str:
        """The address of the API server, without a password that a kubeconfig may hide in it."""
        scheme, separator, rest = str(self._api.configuration.host).partition("://")
        return f"{scheme}{separator}{rest.rpartition('@')[2]}"

    async def get(self, path: str, subject: Subject, query: Mapping[str, str] | None = None) -> bytes:
        """Fetch a body. Raises: KubernetesError."""
        return await self._request(_Call(method="GET", path=path, subject=subject, query=query or {}))

    async def post(self, path: str, subject: Subject, body: object) -> bytes:
        """Create an object. Raises: KubernetesError."""
        return await self._request(_Call(method="POST", path=path, subject=subject, query={}, body=body))

    async def put(self, path: str, subject: Subject, body: object) -> bytes:
        """Replace an object. Raises: KubernetesError."""
        return await self._request(_Call(method="PUT", path=path, subject=subject, query={}, body=body))

    async def delete(self, path: str, subject: Subject, options: object) -> bytes:
        """Delete an object; ``options`` are those of the API (DeleteOptions). Raises: KubernetesError."""
        return await self._request(_Call(method="DELETE", path=path, subject=subject, query={}, body=options))

    async def merge_patch(self, path: str, subject: Subject, body: object) -> bytes:
        """Merge ``body`` into an object. Raises: KubernetesError."""
        return await self._request(
            _Call(method="PATCH", path=path, subject=subject, query={}, body=body, content_type=MERGE_PATCH)
        )

    @asynccontextmanager
    async def stream(
        self, path: str, subject: Subject, query: Mapping[str, str], *, silence: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a watch and yield its lines. More than ``silence`` [s] without a byte means a dead connection.

        Raises: KubernetesError, on opening and while reading.
        """
        call = _Call(method="GET", path=path, subject=subject, query=query)
        timeout = aiohttp.ClientTimeout(
            total=None, connect=self._timeouts.connect, sock_connect=self._timeouts.connect, sock_read=silence
        )
        with self._translated(call):
            async with self._turn(subject) as turn, await self._open(call, timeout) as response:
                if response.status >= 400:
                    error = await self._refusal(call, response)
                    _tell(turn, error)
                    if error.code == 401:
                        await self._renew_credentials()
                    raise error
                self._answered(subject, response.status)
                turn.answered()
                turn.leave()
                yield self._lines(call, response)

    async def _open(self, call: _Call, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        """Begin a watch: its first answer comes as quickly as any other, only what follows may take long."""
        async with asyncio.timeout(self._timeouts.total):
            return await self._send(call, patience)

    async def _lines(self, call: _Call, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        with self._translated(call):
            async for line in response.content:
                if line.strip():
                    yield line

    async def _request(self, call: _Call) -> bytes:
        """Ask until there is an answer, a refusal that waiting does not cure, or no time left."""
        may_renew = True
        with self._translated(call):
            async with asyncio.timeout(self._timeouts.total) as deadline:
                while True:
                    answer = await self._attempt(call)
                    if isinstance(answer, bytes):
                        return answer
                    if answer.code == 401 and may_renew:
                        may_renew = False
                        if await self._renew_credentials():
                            continue
                    await self._wait_as_asked(call.subject, answer, deadline)

    async def _attempt(self, call: _Call) -> bytes | RefusedError:
        timeout = aiohttp.ClientTimeout(
            total=self._timeouts.total, connect=self._timeouts.connect, sock_connect=self._timeouts.connect
        )
        async with self._turn(call.subject) as turn, await self._send(call, timeout) as response:
            if response.status >= 400:
                error = await self._refusal(call, response)
                _tell(turn, error)
                return error
            body = await _read_all(response, MAX_BODY)
            self._answered(call.subject, response.status)
            turn.answered()
            return body

    @asynccontextmanager
    async def _turn(self, subject: Subject) -> AsyncIterator[Turn]:
        async with self.gate.turn(subject) as turn:
            if turn.waited > 0:
                self._requests.throttled(subject, turn.waited)
            yield turn

    async def _send(self, call: _Call, patience: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        response: aiohttp.ClientResponse = await self._api.call_api(
            call.path,
            call.method,
            query_params=list(call.query.items()),
            header_params={"Accept": JSON, "Content-Type": call.content_type},
            body=call.body,
            auth_settings=["BearerToken"],
            _preload_content=False,
            _request_timeout=patience,
        )
        return response

    async def _refusal(self, call: _Call, response: aiohttp.ClientResponse) -> RefusedError:
        body = await response.content.read(MAX_ERROR_BODY)
        self._answered(call.subject, response.status)
        return refusal(
            call.subject,
            method=call.method,
            code=response.status,
            body=body,
            retry_after=read_retry_after(response.headers.get("Retry-After")),
        )

    async def _wait_as_asked(self, subject: Subject, error: RefusedError, deadline: asyncio.Timeout) -> None:
        """Wait if the server asked for it and there is time; otherwise raise what it said."""
        if not error.is_busy:
            raise error
        wait = DEFAULT_RETRY_AFTER if error.retry_after is None else error.retry_after
        ends = deadline.when()
        if ends is None or asyncio.get_running_loop().time() + wait >= ends:
            raise error
        self._requests.throttled(subject, wait)
        with self.gate.patience(subject):
            await asyncio.sleep(wait)

    async def _renew_credentials(self) -> bool:
        """Read the credentials again, once for all requests that were rejected meanwhile; tell whether to try again."""
        loop = asyncio.get_running_loop()
        async with self._reloading:
            since = loop.time() - self._reloaded_at
            if since < self._reload_interval:
                return since < CREDENTIALS_RELOAD_INTERVAL
            self._reload_interval = min(2 * self._reload_interval, LONGEST_RELOAD_INTERVAL)
            self._reloaded_at = loop.time()
            fresh = Configuration()
            try:
                await self._credentials(fresh)
            except InvalidSettingsError:
                return False
            self._api.configuration.api_key = fresh.api_key
            self._api.configuration.refresh_api_key_hook = fresh.refresh_api_key_hook
            return True

    def _answered(self, subject: Subject, code: int) -> None:
        """Pass on that an answer came. Whatever is not 401 proves the credentials."""
        if code != 401:
            self._reload_interval = CREDENTIALS_RELOAD_INTERVAL
        self._requests.answered(subject, code)

    @contextmanager
    def _translated(self, call: _Call) -> Iterator[None]:
        """Turn what the HTTP library raises into ``NoAnswerError``. Refusals pass."""
        try:
            yield
        except KubernetesError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            words = f'{call.method.capitalize()} "{self.server}{call.path}": {in_words(error)}'
            self._requests.unanswered(call.subject, words)
            raise NoAnswerError(words) from error


def _tell(turn: Turn, error: RefusedError) -> None:
    """Tell the gate what a refusal says of the server's load."""
    if error.is_busy:
        turn.refused()
    else:
        turn.answered()


async def _read_all(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read a body. Raises: ValueError where it is larger than ``limit`` [bytes]."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise ValueError(f"the answer is larger than {limit} bytes")
    return bytes(body)
