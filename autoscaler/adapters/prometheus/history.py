"""A Prometheus range query as one series of samples. Synchronous: for commands, never for the control loop.

A step without a sample stays absent. It is never filled in here, least of all with zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests
from prometheus_api_client import PrometheusConnect
from prometheus_api_client.exceptions import PrometheusApiClientException
from urllib3.util.retry import Retry

from autoscaler.model.errors import AutoscalerError, NoDataError, UnreachableError

#: Prometheus refuses a range query of more points than this in a series.
MAX_POINTS: Final = 11_000
TIMEOUT_SECONDS: Final = 30


class QueryError(AutoscalerError):
    """The server answered, but not with one series of numbers: the query must be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """What to ask for: one PromQL expression over ``[start, end)`` at every ``step``."""

    promql: str
    start: datetime
    end: datetime
    step: timedelta


def fetch_history(url: str, query: HistoryQuery) -> list[tuple[float, float]]:
    """Give the samples as (Unix time [s], value), in order; pages by what the server allows.

    Raises:
        UnreachableError: the server does not answer in time, or redirects elsewhere.
        NoDataError: the query gives no sample in the whole range.
        QueryError: the query is refused, or gives several series or values that are not finite.
    """
    samples: list[tuple[float, float]] = []
    with requests.Session() as session:
        session.trust_env = False  # a proxy from the environment would see the query and its answer
        session.max_redirects = 0  # a metrics server has no reason to send us elsewhere
        client = PrometheusConnect(
            url=url.rstrip("/"), session=session, retry=Retry(total=2, backoff_factor=0.2), timeout=TIMEOUT_SECONDS
        )
        for start, end in _pages(query):
            samples += _fetch_page(client, query, start, end)
    if not samples:
        raise NoDataError(f"the query gave no samples from {query.start} to {query.end}: {query.promql}")
    return samples


def _root(error: BaseException) -> BaseException:
    """Find what really happened, under the layers that requests and urllib3 wrap around it."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


def _pages(query: HistoryQuery) -> Iterator[tuple[datetime, datetime]]:
    """Cut the range so that no page asks for more than the server gives; both ends of a page belong to it."""
    start = query.start
    while start < query.end:
        end = min(start + (MAX_POINTS - 1) * query.step, query.end - query.step)
        yield start, max(end, start)
        start = end + query.step


def _fetch_page(
    client: PrometheusConnect, query: HistoryQuery, start: datetime, end: datetime
) -> Iterator[tuple[float, float]]:
    step = f"{query.step.total_seconds():g}"
    try:
        series: list[dict[str, Any]] = client.custom_query_range(query.promql, start, end, step)
    except requests.RequestException as error:
        raise UnreachableError(f"Prometheus at {client.url} does not answer: {_root(error)}") from error
    except PrometheusApiClientException as error:
        raise QueryError(f"Prometheus refused the query: {error}") from error
    except KeyError as error:
        raise QueryError(f"Prometheus answered without a result: {query.promql}") from error
    if len(series) > 1:
        raise QueryError(f"the query gave {len(series)} series, a trace is one: wrap it in sum(...): {query.promql}")
    for when, text in series[0]["values"] if series else ():
        value = float(text)
        if not math.isfinite(value):
            stamp = datetime.fromtimestamp(when, tz=UTC).isoformat()
            raise QueryError(f"the query gave {text} at {stamp}, which is no rate: {query.promql}")
        yield float(when), value
