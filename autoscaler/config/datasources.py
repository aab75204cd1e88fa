"""Where metrics come from that no metrics API serves: servers that the administrator defines, never a policy.

A policy names a datasource and a query. Were it to name an address, whoever may write a policy could send the controller,
and the credentials it has, to any address that the controller reaches.
"""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from autoscaler.config.setting_values import Duration, Period, Section
from autoscaler.model.time import MINUTE, SECOND

_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: Headers that other settings are for, or that are the client's own affair.
_OWN_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "host", "content-length", "content-type"}
)


def _url(text: str) -> str:
    """Check an address.

    Raises:
        ValueError: it is not http(s), or holds what has no place in it.
    """
    if any(ord(letter) <= 32 or ord(letter) == 127 or letter == "\\" for letter in text):
        raise ValueError("has a space, a control character or a backslash")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{text!r} is not an address; write http(s)://HOST[:PORT][/PATH]")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or password; give username and password_file, or bearer_token_file")
    if parts.query or parts.fragment:
        raise ValueError("ends in a query or fragment; give the part before /api/v1 only")
    try:
        _ = parts.port
    except ValueError:
        raise ValueError(f"the port of {text!r} is not a number up to 65535") from None
    return text.rstrip("/")


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a header")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(
                f"{name} is not set here; credentials go into bearer_token_file, or username and password_file"
            )
        if not value.isprintable():
            raise ValueError(f"the value of {name} has a control character")
    return headers


class DatasourceSettings(Section):
    """A Prometheus, or a server that answers as one does (Thanos, Mimir, VictoriaMetrics)."""

    url: Annotated[str, AfterValidator(_url)]
    """Address, without /api/v1. Redirects are not followed, and no proxy of the environment is used."""
    deadline: Period = 3 * SECOND
    """Longest wait for an answer. The server is told it too, so that it stops working on the query."""
    reuse: Duration = 5 * SECOND
    """An answer this young is shared by all policies that ask the same. It keeps its age. 0s: only while under way."""
    max_age: Duration = 0
    """Data older than this is missing, whatever a policy's `safety.maxSampleAge` allows. 0s: the policy decides."""
    concurrency: int = Field(default=8, ge=1, le=100)
    """Queries under way at once. Others wait, within their deadline."""
    headers: Annotated[dict[str, str], AfterValidator(_headers)] = Field(default={})
    """Headers to send, such as X-Scope-OrgID. Not for secrets: they are shown."""
    bearer_token_file: Path | None = None
    """File with a token, read at every request."""
    username: str = ""
    """User for basic authentication, with `password_file`."""
    password_file: Path | None = None
    """File with the password, read at every request."""
    ca_file: Path | None = None
    """Certificates that the server's own has to be signed by. Absent: the system's."""
    verify: bool = True
    """Whether the server has to prove who it is. False only for trials: anybody in between reads the token."""
    any_address: bool = False
    """Allow link-local addresses and clouds' metadata services, which are refused otherwise."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file go together")
        if self.username and self.bearer_token_file is not None:
            raise ValueError("username and bearer_token_file exclude each other")
        host = urlsplit(self.url).hostname or ""
        if not self.any_address and _is_forbidden(host):
            raise ValueError(f"{host} is a link-local or metadata address; any_address allows it")
        return self


class UsageSource(StrEnum):
    """Where the use of cpu and memory comes from."""

    METRICS_API = "metrics_api"
    PROMETHEUS = "prometheus"


class ResourceMetricsSettings(Section):
    """Where the use of cpu and memory by pods comes from."""

    source: UsageSource = UsageSource.METRICS_API
    """metrics_api (metrics.k8s.io), or prometheus: cAdvisor's metrics as `datasource` has them."""
    datasource: str = "main"
    """Of source prometheus: the datasource that is asked."""
    window: Period = 2 * MINUTE
    """Of source prometheus: cpu is averaged over this. At least four times the scrape interval."""
    matchers: str = ""
    """Of source prometheus: more label matchers, such as job="kubelet", where several jobs scrape cAdvisor."""


def _is_forbidden(host: str) -> bool:
    """Tell it of an address as it is written; what a name stands for is looked at at every connection."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return found.is_link_local or found.is_multicast or found.is_unspecified or str(found) in _METADATA


#: Metadata services of clouds beside the link-local ones.
_METADATA: Final = frozenset({"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"})
