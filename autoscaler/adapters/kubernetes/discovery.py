"""Which API serves a kind, and under which version: upstream's RESTMapper, as far as a scale target needs it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root
from autoscaler.adapters.kubernetes.wire import decode

#: Upstream forgets what it discovered after this [s].
KEPT_FOR = 600.0
#: A kind that was not there is looked for again after this [s]: its definition may just be on its way.
ABSENCE_KEPT_FOR = 30.0


class _GroupVersion(msgspec.Struct):
    version: str = ""


class _Group(msgspec.Struct, rename="camel"):
    versions: list[_GroupVersion] | None = None
    preferred_version: _GroupVersion | None = None


class _Resource(msgspec.Struct):
    name: str = ""
    kind: str = ""


class _Resources(msgspec.Struct):
    resources: list[_Resource] | None = None


_GROUP = msgspec.json.Decoder(_Group)
_RESOURCES = msgspec.json.Decoder(_Resources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """One place that serves a kind."""

    group: str
    version: str
    resource: str


class Discovery:
    """Asks the server what it serves, and remembers the answers for a while."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._versions: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._mappings: dict[tuple[str, str], tuple[float, tuple[Mapping, ...]]] = {}

    async def versions(self, group: str) -> tuple[str, ...]:
        """Give the versions of a group, the preferred one first; empty where the group is not served.

        Raises: KubernetesError.
        """
        if not group:
            return ("v1",)
        known = self._versions.get(group)
        if known is not None and known[0] > _now():
            return known[1]
        found = await self._ask_versions(group)
        self._versions[group] = (_now() + (KEPT_FOR if found else ABSENCE_KEPT_FOR), found)
        return found

    async def mappings(self, group: str, kind: str) -> tuple[Mapping, ...]:
        """Give every place that serves ``kind``, the preferred version first; empty where none does.

        Raises: KubernetesError.
        """
        known = self._mappings.get((group, kind))
        if known is not None and known[0] > _now():
            return known[1]
        found = tuple(
            [mapping for version in await self.versions(group) for mapping in await self._ask(group, version, kind)]
        )
        self._mappings[group, kind] = (_now() + (KEPT_FOR if found else ABSENCE_KEPT_FOR), found)
        return found

    async def _ask_versions(self, group: str) -> tuple[str, ...]:
        subject = Subject(verb="get", resource="apigroups", name=group)
        try:
            answer = decode(_GROUP, await self._client.get(f"/apis/{group}", subject), subject)
        except RefusedError as error:
            if error.is_not_found:
                return ()
            raise
        served = [entry.version for entry in answer.versions or ()]
        first = answer.preferred_version.version if answer.preferred_version else ""
        return tuple(sorted(served, key=lambda version: version != first))

    async def _ask(self, group: str, version: str, kind: str) -> list[Mapping]:
        root = api_root(group, version)
        subject = Subject(verb="get", resource="apiresources", name=root)
        answer = decode(_RESOURCES, await self._client.get(root, subject), subject)
        return [
            Mapping(group=group, version=version, resource=resource.name)
            for resource in answer.resources or ()
            if resource.kind == kind and "/" not in resource.name
        ]


def _now() -> float:
    return asyncio.get_running_loop().time()
