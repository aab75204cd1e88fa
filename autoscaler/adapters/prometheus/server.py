"""One Prometheus server: asked with a deadline, by a few at once, and left alone while it does not answer."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, TypeVar

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from autoscaler.adapters.prometheus.addresses import GuardedResolver
from autoscaler.adapters.prometheus.answers import Answer, QueryError, read_answer, read_names
from autoscaler.adapters.prometheus.breaker import Breaker

#: No answer to a query that gives one number, or one per container of a namespace, is larger [bytes].
MAX_BODY: Final = 8 * 1024 * 1024
#: Slow queries that are remembered; older ones are tried among the others again.
_MOST_SLOW: Final = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How a server is reached. Files are read at every request, since what they hold is renewed now and then."""

    name: str
    url: str
    deadline: float = 3.0  #: for a whole answer, waiting for a place included [s]
    concurrency: int = 8
    headers: Mapping[str, str] = field(default_factory=dict)
    bearer_token_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    ca_file: Path | None = None
    verify: bool = True
    any_address: bool = False  #: link-local ones and metadata services too


class Watcher(Protocol):
    """Told of every query, for metrics."""

    def asked(self, datasource: str, outcome: str, seconds: float) -> None:
        """A query ended: ``answered``, ``refused``, ``failed``, ``late``; or, not asked at all, ``crowded``, ``held_back``."""

    def breaker(self, datasource: str, *, is_open: bool) -> None:
        """The breaker opened or closed."""


@asynccontextmanager
async def open_server(connection: Connection, watcher: Watcher, *, user_agent: str) -> AsyncIterator[Server]:
    """Hold a connection pool until the block ends. Contacts nobody yet.

    Raises:
        OSError: the CA file cannot be read.
        ssl.SSLError: it holds no certificate.
    """
    resolver = None if connection.any_address else GuardedResolver()

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=connection.concurrency, resolver=resolver, ssl=_tls(connection), keepalive_timeout=60.0
        )
        return aiohttp.ClientSession(connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())

    transport = AiohttpTransport(client=session(), verify=False, trust_env=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url=connection.url.rstrip("/") + "/",
        headers={"User-Agent": user_agent, "Accept-Encoding": "gzip", **connection.headers},
        follow_redirects=False,
        trust_env=False,
        timeout=connection.deadline,
    ) as client:
        yield Server(connection, client, watcher)


class Server:
    """Asks instant queries. The time of evaluation is the server's own: it is never sent."""

    def __init__(self, connection: Connection, client: httpx.AsyncClient, watcher: Watcher) -> None:
        self._connection = connection
        self._client = client
        self._watcher = watcher
        self._places = asyncio.Semaphore(connection.concurrency)
        self._breaker = Breaker()
        self._slow: dict[str, None] = {}  # in the order in which they were found to be
        self._slow_lane = asyncio.Semaphore(max(1, connection.concurrency // 4))

    async def query(self, promql: str) -> Answer:
        """Ask one query.

        Raises:
            QueryError: there is no answer that could be used.
        """
        # The server is told the deadline too, so that it stops working on the query; no fractions of units there.
        form = {"query": promql, "timeout": f"{max(1, round(self._connection.deadline * 1000))}ms"}
        return await self._guarded(read_answer, "POST", "api/v1/query", form, promql)

    async def metric_names(self) -> tuple[str, ...]:
        """Give the name of every metric that there is.

        Raises:
            QueryError: there is no answer that could be used.
        """
        return await self._guarded(read_names, "GET", "api/v1/label/__name__/values", None)

    async def _guarded(
        self, read: Callable[[int, bytes], T], method: str, path: str, form: dict[str, str] | None, query: str = ""
    ) -> T:
        clock = asyncio.get_running_loop().time
        name, began = self._connection.name, clock()
        if not self._breaker.admit(began):
            self._watcher.asked(name, "held_back", 0.0)
            wait = self._breaker.remaining(began)
            raise QueryError(f"{name} has not answered for some time; asked again in {wait:.0f} s", is_outage=True)
        lane = self._slow_lane if query in self._slow else nullcontext()
        has_place = False
        try:
            async with asyncio.timeout(self._connection.deadline), lane, self._places:
                has_place = True
                answer = read(*await self._exchange(method, path, form))
        except TimeoutError as error:
            if not has_place:  # nothing was asked, so nothing is known of the server
                self._breaker.abandoned()
                self._watcher.asked(name, "crowded", clock() - began)
                words = f"no place within {self._connection.deadline:g} s: other queries to {name} take too long"
                raise QueryError(words, is_outage=True) from error
            self._remember_slow(query)
            self._failed("late", began, clock)
            raise QueryError(f"no answer within {self._connection.deadline:g} s", is_outage=True) from error
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            self._failed("failed", began, clock)
            raise QueryError(f"cannot be reached: {_in_words(error)}", is_outage=True) from error
        except QueryError as error:
            if error.is_outage:
                self._failed("failed", began, clock)
            else:
                self._answered("refused", began, clock)
            raise
        except asyncio.CancelledError:
            self._breaker.abandoned()
            raise
        self._slow.pop(query, None)
        self._answered("answered", began, clock)
        return answer

    def _remember_slow(self, query: str) -> None:
        """Let a query that was late share a quarter of the places with its like, until it is in time again."""
        if len(self._slow) >= _MOST_SLOW:
            del self._slow[next(iter(self._slow))]
        self._slow[query] = None

    async def _exchange(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, bytes]:
        connection = self._connection
        async with self._client.stream(
            method, path, data=form, headers=_credentials(connection), auth=_password(connection)
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():  # as unpacked: a small body may hold a very large one
                body += chunk
                if len(body) > MAX_BODY:
                    raise QueryError(f"the answer is larger than {MAX_BODY // 2**20} MiB: aggregate it with sum()")
            return response.status_code, bytes(body)

    def _answered(self, outcome: str, began: float, clock: Callable[[], float]) -> None:
        self._breaker.answered()
        self._watcher.asked(self._connection.name, outcome, clock() - began)
        self._watcher.breaker(self._connection.name, is_open=False)

    def _failed(self, outcome: str, began: float, clock: Callable[[], float]) -> None:
        now = clock()
        self._breaker.failed(now)
        self._watcher.asked(self._connection.name, outcome, now - began)
        self._watcher.breaker(self._connection.name, is_open=self._breaker.is_open)


def _in_words(error: Exception) -> str:
    """Say what happened to a connection: the client's own words tell of its options too."""
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorError):
        text = cause.os_error.strerror or str(cause.os_error)
        if text.startswith("Connect call failed") and cause.os_error.errno:  # asyncio's own words, without a reason
            text = os.strerror(cause.os_error.errno)
        return f"{cause.host}:{cause.port}: {text}"
    return str(error) or type(error).__name__


def _credentials(connection: Connection) -> dict[str, str]:
    """Read the token. Raises: QueryError."""
    if connection.bearer_token_file is None:
        return {}
    return {"Authorization": f"Bearer {_secret(connection.bearer_token_file)}"}


def _password(connection: Connection) -> httpx.BasicAuth | None:
    """Read the password. Raises: QueryError."""
    if connection.password_file is None:
        return None
    return httpx.BasicAuth(connection.username, _secret(connection.password_file))


def _secret(file: Path) -> str:
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError(f"the credentials in {file} cannot be read: {error}", is_outage=True) from error
    if not text.isascii() or not text.isprintable():
        raise QueryError(f"the credentials in {file} are not one line of plain characters", is_outage=True)
    return text


def _tls(connection: Connection) -> ssl.SSLContext | bool:
    if not connection.url.startswith("https:") or not connection.verify:
        return False
    return ssl.create_default_context(cafile=connection.ca_file)
