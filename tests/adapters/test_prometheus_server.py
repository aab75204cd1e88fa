"""A datasource over HTTP: asked once for all, in time, by its rules of address and credentials, whatever comes back."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from autoscaler.adapters.prometheus.addresses import GuardedResolver, is_forbidden
from autoscaler.adapters.prometheus.answers import Answer, QueryError, read_answer
from autoscaler.adapters.prometheus.datasources import Datasource, Datasources
from autoscaler.adapters.prometheus.reading import number_of
from autoscaler.adapters.prometheus.server import MAX_BODY, Connection, Server, open_server
from autoscaler.model.observation import NoReading, PrometheusReading
from autoscaler.model.policy import Companions, MetricTarget, PrometheusMetric, WhenMultiple
from autoscaler.model.quantity import Quantity
from autoscaler.model.time import SECOND

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RPS = PrometheusMetric(
    name="rps",
    query="sum(rate(a[1m]))",
    target=MetricTarget(type="AverageValue", average_value=Quantity.parse("100")),
    companions=Companions(age="time() - max(timestamp(a))", coverage="avg(up)"),
)


def vector(*values: str, **more: Any) -> dict[str, Any]:
    result = [{"metric": {"n": str(number)}, "value": [1.5, value]} for number, value in enumerate(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


@dataclass
class Scripted:
    """Answers each query as told; others with an empty vector. Remembers every form and header."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form.get("query", request.path))
        self.forms.append(form)
        self.headers.append(request.headers.copy())
        answer = self.answers.get(form.get("query", ""), vector())
        if callable(answer):
            response: web.StreamResponse = await answer(request)
            return response
        return web.json_response(answer)

    async def hang(self, _: web.Request) -> web.StreamResponse:
        await self.closing.wait()
        return web.Response()


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    made = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield made
    made.closing.set()
    await runner.cleanup()


class Told:
    def __init__(self) -> None:
        self.outcomes: list[str] = []

    def asked(self, datasource: str, outcome: str, seconds: float) -> None:
        self.outcomes.append(outcome)

    def breaker(self, datasource: str, *, is_open: bool) -> None:
        pass


async def ask(scripted: Scripted, query: str = "q", **more: Any) -> Answer | str:
    connection = Connection(**{"name": "main", "url": scripted.url, "deadline": 0.5, **more})
    async with open_server(connection, Told(), user_agent="autoscaler/test") as server:
        try:
            return await server.query(query)
        except QueryError as error:
            return str(error)


class Fake:
    """A server without a network, whose clock the test sets."""

    def __init__(self, **answers: Answer) -> None:
        self.asked: list[str] = []
        self.now = 1_000 * SECOND
        self.answers = {RPS.query: _one("250"), RPS.companions.age: _one("4"), RPS.companions.coverage: _one("1")}
        self.answers |= answers

    async def query(self, promql: str) -> Answer:
        self.asked.append(promql)
        await asyncio.sleep(0)
        return self.answers[promql]

    async def metric_names(self) -> tuple[str, ...]:
        return ()

    def source(self, **more: Any) -> Datasource:
        return Datasource(self, lambda: self.now, **{"reuse": 5 * SECOND, **more})


def _one(value: str, *warnings: str) -> Answer:
    body = vector(value, warnings=list(warnings))
    return read_answer(200, json.dumps(body).encode())


async def test_c29_a_hundred_policies_with_one_query_are_one_call() -> None:
    fake = Fake()
    sources = Datasources({"main": fake.source()})

    readings = await asyncio.gather(*(sources.read(RPS) for _ in range(100)))

    assert set(readings) == {PrometheusReading(value=250_000, at=996 * SECOND, coverage=1.0)}
    assert sorted(fake.asked) == sorted([RPS.query, RPS.companions.age, RPS.companions.coverage])


async def test_c29_polls_that_are_spread_over_some_seconds_share_an_answer_that_keeps_its_age() -> None:
    fake = Fake()
    source = fake.source()

    first = await source.read(RPS)
    fake.now += 4 * SECOND
    second = await source.read(RPS)
    assert (second, len(fake.asked)) == (first, 3), "four seconds later it is said to be four seconds older"
    fake.now += SECOND
    third = await source.read(RPS)
    assert isinstance(third, PrometheusReading)
    assert (third.at, len(fake.asked)) == (1_001 * SECOND, 6)


async def test_old_answers_are_forgotten() -> None:
    fake = Fake()
    source = fake.source()
    for number in range(50):
        fake.answers[f"q{number}"] = _one("1")
        await source.ask(f"q{number}")
        fake.now += 6 * SECOND
    assert len(source._asked) <= 2


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others() -> None:
    fake = Fake()
    source = fake.source()
    impatient, patient = (asyncio.create_task(source.ask(RPS.query)) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).answer == _one("250")
    assert fake.asked == [RPS.query]


async def test_c28_data_older_than_the_datasource_allows_is_missing() -> None:
    fake = Fake()
    fake.answers[RPS.companions.age] = _one("61")

    assert await fake.source(max_age=60 * SECOND).read(RPS) == NoReading(
        error="its data is 61 s old; the datasource allows 60 s"
    )
    reading = await fake.source().read(RPS)
    assert isinstance(reading, PrometheusReading)
    assert reading.at == 939 * SECOND


async def test_warnings_and_a_coverage_that_cannot_be_told_are_kept_beside_the_number() -> None:
    fake = Fake()
    fake.answers[RPS.query] = _one("250", "PromQL warning: some blocks are missing")
    reading = await fake.source().read(RPS)
    assert isinstance(reading, PrometheusReading)
    assert reading.warnings == ("PromQL warning: some blocks are missing",)

    async def broken(promql: str) -> Answer:
        if promql == RPS.companions.coverage:
            raise QueryError("too many samples")
        return fake.answers[promql]

    fake.query = broken  # type: ignore[method-assign]  # one query fails
    reading = await fake.source().read(RPS)
    assert isinstance(reading, PrometheusReading)
    assert reading.warnings[-1] == "its coverage is not known: too many samples"


async def test_an_unknown_datasource_is_named_with_those_that_there_are() -> None:
    assert await Datasources({"batch": Fake().source()}).read(RPS) == NoReading(
        error="there is no datasource main: the settings have batch"
    )
    assert await Datasources({}).read(RPS) == NoReading(
        error="there is no datasource main: the settings have none; see --prometheus"
    )


async def test_a_query_is_posted_with_its_deadline_and_never_with_a_time(scripted: Scripted) -> None:
    scripted.answers["q"] = vector("1", "2.5")
    answer = await ask(scripted, headers={"X-Scope-OrgID": "shop"})

    assert isinstance(answer, Answer)
    assert [str(one.value) for one in answer.series] == ["1", "2.5"]
    assert scripted.forms == [{"query": "q", "timeout": "500ms"}]
    assert scripted.headers[0]["X-Scope-OrgID"] == "shop"
    assert scripted.headers[0]["User-Agent"] == "autoscaler/test"


async def test_credentials_are_read_at_every_request(scripted: Scripted, tmp_path: Path) -> None:
    token = tmp_path / "token"
    connection = Connection(name="main", url=scripted.url, bearer_token_file=token)
    async with open_server(connection, Told(), user_agent="test") as server:
        for text in ("one\n", "two\n"):
            token.write_text(text)
            await server.query("q")
        token.write_text("bad\nX-Evil: 1")
        with pytest.raises(QueryError, match="not one line of plain characters") as caught:
            await server.query("q")
    assert [headers["Authorization"] for headers in scripted.headers] == ["Bearer one", "Bearer two"]
    assert "bad" not in str(caught.value), "an error never holds the secret"

    (tmp_path / "password").write_text("secret")
    await ask(scripted, username="ann", password_file=tmp_path / "password")
    assert scripted.headers[-1]["Authorization"] == "Basic YW5uOnNlY3JldA=="


async def test_a_token_that_cannot_be_read_is_said_to_be(scripted: Scripted, tmp_path: Path) -> None:
    said = await ask(scripted, bearer_token_file=tmp_path / "gone")

    assert isinstance(said, str)
    assert said.startswith(f"the credentials in {tmp_path / 'gone'} cannot be read")
    assert scripted.asked == []


async def test_a_redirect_is_not_followed(scripted: Scripted) -> None:
    trap = Scripted()

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{scripted.url}/latest/meta-data"})

    scripted.answers["q"] = elsewhere
    assert await ask(scripted) == "HTTP 302: it redirects elsewhere, which is not followed; give the final url"
    assert (len(scripted.asked), trap.asked) == (1, [])


async def test_no_proxy_of_the_environment_sees_a_query(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    scripted.answers["q"] = vector("1")

    assert isinstance(await ask(scripted), Answer)


async def test_an_answer_is_as_large_as_it_may_be_once_unpacked(scripted: Scripted) -> None:
    async def bomb(_: web.Request) -> web.StreamResponse:
        packed = gzip.compress(b"[" + b" " * (4 * MAX_BODY))
        return web.Response(body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})

    scripted.answers["q"] = bomb
    assert await ask(scripted, deadline=5.0) == "the answer is larger than 8 MiB: aggregate it with sum()"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, "<html>login</html>", "HTTP 200: no answer of a Prometheus: '<html>login</html>'"),
        (502, "<html>Bad Gateway</html>", "HTTP 502: no answer of a Prometheus: '<html>Bad Gateway</html>'"),
        (404, "404 page not found", "HTTP 404: is the datasource's url that of a Prometheus, without /api/v1?"),
        (401, "", "HTTP 401: the credentials of the datasource are not accepted"),
        (429, "slow down", "HTTP 429: the server has too many requests"),
        (200, "", "HTTP 200: no answer of a Prometheus: ''"),
        (200, '{"status":"success"}', 'HTTP 200: no answer of a Prometheus: \'{"status":"success"}\''),
        (200, '{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"x"]}]}}', None),
        (200, '{"status":"success","data":{"resultType":"vector","result":{}}}', None),
        (
            400,
            '{"status":"error","errorType":"bad_data","error":"1:5: parse error: no"}',
            "the server refuses the query: 1:5: parse error: no",
        ),
        (
            503,
            '{"status":"error","errorType":"timeout","error":"query timed out"}',
            "the server refuses the query: timeout: query timed out",
        ),
    ],
)
def test_what_is_no_answer_is_told_in_words(status: int, body: str, expected: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        read_answer(status, body.encode())

    if expected is not None:
        assert str(caught.value) == expected
    assert caught.value.is_outage == (status >= 500)


@given(st.floats())
def test_no_number_that_prometheus_can_give_is_more_than_an_error(value: float) -> None:
    text = {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(repr(value), repr(value))
    try:
        milli = number_of(_one(text), WhenMultiple.ERROR)
    except QueryError:
        assert not 0 <= value < 2**63 / 1000
    else:
        assert value * 1000 * (1 - 1e-9) <= milli <= value * 1000 * (1 + 1e-9) + 1


@given(st.binary(max_size=200), st.integers(200, 599))
def test_garbage_is_an_error_and_nothing_else(body: bytes, status: int) -> None:
    with pytest.raises(QueryError):
        read_answer(status, body)


async def test_queries_that_hang_keep_no_other_datasource_waiting(scripted: Scripted) -> None:
    scripted.answers["slow"] = scripted.hang
    scripted.answers["q"] = vector("1")
    clock = asyncio.get_running_loop().time

    async def busy(server: Server) -> None:
        with pytest.raises(QueryError):
            await server.query("slow")

    connection = Connection(name="main", url=scripted.url, deadline=0.3, concurrency=2)
    other = Connection(name="other", url=scripted.url, deadline=5.0, concurrency=2)
    async with (
        open_server(connection, Told(), user_agent="test") as slow,
        open_server(other, Told(), user_agent="test") as quick,
    ):
        stuck = [asyncio.create_task(busy(slow)) for _ in range(6)]
        began = clock()
        assert isinstance(await quick.query("q"), Answer)
        assert clock() - began < 0.3
        assert scripted.asked.count("slow") <= 2, "no more than two at once"
        await asyncio.gather(*stuck)
        assert clock() - began < 2.0, "those who wait for a place wait within their deadline"


async def test_slow_queries_hold_up_no_others_of_their_datasource_once_they_are_known(scripted: Scripted) -> None:
    for number in range(10):
        scripted.answers[f"slow{number}"] = scripted.hang
    scripted.answers |= {f"q{number}": vector("1") for number in range(40)}
    connection = Connection(name="main", url=scripted.url, deadline=0.6, concurrency=8)
    told = Told()

    async def settled(server: Server, query: str) -> str:
        try:
            await server.query(query)
        except QueryError as error:
            return str(error)
        return "answered"

    async with open_server(connection, told, user_agent="test") as server:
        for number in range(10):
            await asyncio.gather(settled(server, f"slow{number}"), settled(server, "q0"))
        everything = [f"slow{number}" for number in range(10)] + [f"q{number}" for number in range(40)]
        said = await asyncio.gather(*(settled(server, query) for query in everything))
    assert said[10:] == ["answered"] * 40
    # One whose time is up the moment that a place is free may be either.
    assert {text.split(" within")[0] for text in said[:10]} == {"no answer", "no place"}
    assert told.outcomes.count("crowded") >= 4


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody but itself has signed, with its key, for 127.0.0.1."""
    made = tmp_path / "self-signed.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=prometheus",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    made.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    return made


@pytest.mark.service("openssl")
async def test_a_server_has_to_prove_who_it_is(certificate: Path, tmp_path: Path) -> None:
    made = Scripted(answers={"q": vector("1")})
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    made.url = "https://{}:{}".format(*runner.addresses[0][:2])
    try:
        refused = await ask(made)
        assert isinstance(refused, str)
        assert "certificate verify failed: self-signed certificate" in refused
        assert made.asked == []
        assert isinstance(await ask(made, ca_file=tmp_path / "cert.pem"), Answer)
        assert isinstance(await ask(made, verify=False), Answer)
        with pytest.raises(OSError, match="No such file"):
            await ask(made, ca_file=tmp_path / "gone.pem")
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "2852039166", "0xA9FEA9FE", "169.254.43518", "::ffff:169.254.169.254", "fe80::1", "0.0.0.0"],
)
async def test_a_name_that_stands_for_a_metadata_service_is_refused(host: str) -> None:
    with pytest.raises(OSError, match="which no datasource may have"):
        await GuardedResolver().resolve(host, 80, socket.AF_UNSPEC)


async def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    assert await ask(Scripted(url="http://127.0.0.1:1")) == "cannot be reached: 127.0.0.1:1: Connection refused"
    said = await ask(Scripted(url="http://nobody.invalid"), deadline=5.0)
    assert isinstance(said, str)
    assert said.startswith("cannot be reached: nobody.invalid:80: ")


async def test_numbers_in_disguise_reach_no_metadata_service() -> None:
    for host in ("2852039166", "0xA9FEA9FE"):
        connection = Connection(name="main", url=f"http://{host}:80", deadline=2.0)
        async with open_server(connection, Told(), user_agent="test") as server:
            with pytest.raises(QueryError, match=r"not a canonical IPv4 address|no datasource may have"):
                await server.query("q")


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "prometheus.monitoring", "100.64.0.1"])
def test_addresses_of_a_cluster_are_allowed(address: str) -> None:
    assert not is_forbidden(address)
