"""What a request asks for, read off its method, path and query.

Source: apiserver pkg/endpoints/request/requestinfo.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from autoscaler.model.names import path_segment_faults

_VERBS: Final = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES: Final = ("status", "finalize")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInfo:
    """One request. Of a path that names no resource only ``path`` and ``verb`` (the HTTP method) are set."""

    path: str
    verb: str
    is_resource: bool = False
    group: str = ""
    version: str = ""
    namespace: str = ""
    plural: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    """Path below the subresource."""
    watches_by_path: bool = False
    """Whether it came by the old ``/watch/`` path."""


def parse_request(method: str, path: str, query: Mapping[str, str]) -> RequestInfo:
    """Read the request as the API server does; no lookup of what is served happens here."""
    parts = [part for part in path.split("/") if part]
    prefix = parts[:1]
    if prefix == ["api"] and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif prefix == ["apis"] and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return RequestInfo(path=path, verb=method.lower())
    watches = rest[0] == "watch"
    rest = rest[1:] if watches else rest
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 1:
        namespace = rest[1]
        if len(rest) > 2 and rest[2] not in _NAMESPACE_SUBRESOURCES:
            rest = rest[2:]
    plural, name, subresource = (*rest[:3], "", "", "")[:3]
    if plural == "namespaces":
        namespace = ""  # a namespace lies in none; for authorization it is its own
    return RequestInfo(
        path=path,
        verb=_verb(method, name, watches, query),
        is_resource=bool(plural),
        group=group,
        version=version,
        namespace=namespace,
        plural=plural,
        name=name,
        subresource=subresource,
        rest="/".join(rest[3:]),
        watches_by_path=watches,
    )


def _verb(method: str, name: str, watches: bool, query: Mapping[str, str]) -> str:
    verb = _VERBS.get(method, "")
    if watches:
        return "watch"
    if verb == "get" and not name:
        return "watch" if is_true(query.get("watch", "")) else "list"
    return "deletecollection" if verb == "delete" and not name else verb


def selected_name(query: Mapping[str, str]) -> str:
    """The one name that a list or watch is limited to by its field selector; empty where it is not."""
    for term in query.get("fieldSelector", "").split(","):
        field, equals, name = term.partition("=")
        if field == "metadata.name" and equals:
            name = name.removeprefix("=")
            return "" if path_segment_faults(name) else name
    return ""


def is_true(text: str) -> bool:
    """A boolean query parameter: present and not ``false`` or ``0``."""
    return text not in ("", "false", "0")
