"""What a Prometheus server answers to an instant query, and why that may be no answer.

Source: https://prometheus.io/docs/prometheus/latest/querying/api/ (instant queries), tried with 2.42.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from autoscaler.model.errors import AutoscalerError

#: Characters of a server's own words that are told.
_SHOWN: Final = 300


class QueryError(AutoscalerError):
    """There is no answer that could be used; the text says why.

    ``is_outage``: the server is to blame, not the query; asking something else would fail as well.
    """

    def __init__(self, text: str, *, is_outage: bool = False) -> None:
        super().__init__(text)
        self.is_outage = is_outage


class Series(msgspec.Struct, frozen=True):
    """One series of an answer. ``value`` may be NaN or infinite."""

    value: Decimal
    labels: dict[str, str] = {}


class Answer(msgspec.Struct, frozen=True):
    """Every series, and what the server warned of."""

    series: tuple[Series, ...]
    warnings: tuple[str, ...] = ()


class _Sample(msgspec.Struct):
    value: tuple[float, str]
    metric: dict[str, str] = {}


class _Result(msgspec.Struct, rename="camel"):
    result_type: str = ""
    result: msgspec.Raw = msgspec.Raw(b"[]")


class _Envelope(msgspec.Struct, rename="camel"):
    status: str = ""
    data: _Result | None = None
    error_type: str = ""
    error: str = ""
    warnings: list[str] = []


class _Names(msgspec.Struct):
    data: list[str]


_NAMES = msgspec.json.Decoder(_Names)
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_VECTOR = msgspec.json.Decoder(list[_Sample])
_SCALAR = msgspec.json.Decoder(tuple[float, str])


def read_answer(status: int, body: bytes) -> Answer:
    """Read what came back.

    Raises:
        QueryError: it is an error, or nothing that a Prometheus says.
    """
    try:
        envelope = _ENVELOPE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QueryError(_not_prometheus(status, body), is_outage=status >= 500) from error
    if envelope.status == "error":
        kind = f"{envelope.error_type}: " if envelope.error_type not in ("", "bad_data") else ""
        words = f"the server refuses the query: {kind}{envelope.error[:_SHOWN]}"
        raise QueryError(words, is_outage=status >= 500)
    if status != 200 or envelope.status != "success" or envelope.data is None:
        raise QueryError(_not_prometheus(status, body), is_outage=status >= 500)
    return Answer(_series(envelope.data), tuple(envelope.warnings))


def read_names(status: int, body: bytes) -> tuple[str, ...]:
    """Read the values of a label.

    Raises:
        QueryError: it is an error, or nothing that a Prometheus says.
    """
    try:
        return tuple(_NAMES.decode(body).data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise QueryError(_not_prometheus(status, body), is_outage=status >= 500) from error


def _series(data: _Result) -> tuple[Series, ...]:
    try:
        match data.result_type:
            case "vector":
                return tuple(Series(_number(one.value[1]), one.metric) for one in _VECTOR.decode(data.result))
            case "scalar":
                return (Series(_number(_SCALAR.decode(data.result)[1])),)
            case kind:
                raise QueryError(f"the query gives a {kind or 'result without a type'}, not numbers of one instant")
    except (msgspec.DecodeError, InvalidOperation) as error:
        raise QueryError(f"the server's answer cannot be read: {error}") from error


def _number(text: str) -> Decimal:
    """Read ``NaN``, ``+Inf`` and plain numbers. Raises: InvalidOperation."""
    return Decimal(text)


def _not_prometheus(status: int, body: bytes) -> str:
    match status:
        case 401 | 403:
            return f"HTTP {status}: the credentials of the datasource are not accepted"
        case 404:
            return "HTTP 404: is the datasource's url that of a Prometheus, without /api/v1?"
        case 429:
            return "HTTP 429: the server has too many requests"
        case _ if 300 <= status < 400:
            return f"HTTP {status}: it redirects elsewhere, which is not followed; give the final url"
        case _:
            begin = body[:80].decode(errors="replace").split("\n")[0]
            return f"HTTP {status}: no answer of a Prometheus: {begin!r}"
