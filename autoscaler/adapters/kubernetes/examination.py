"""Questions about the server and about ourselves that a diagnosis asks and a pass never does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.discovery import Discovery, Mapping
from autoscaler.adapters.kubernetes.errors import Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.wire import decode, instant
from autoscaler.model.time import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One verb on one resource. ``namespace`` empty: in all of them."""

    verb: str
    group: str
    resource: str  #: with its subresource, such as ``deployments/scale``
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        where = f" in namespace {self.namespace}" if self.namespace else ""
        of = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {of}{f' {self.name}' if self.name else ''}{where}"


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


class _UserInfo(msgspec.Struct):
    username: str = ""


class _ReviewStatus(msgspec.Struct, rename="camel"):
    user_info: _UserInfo | None = None
    allowed: bool = False


class _ReviewMeta(msgspec.Struct, rename="camel"):
    creation_timestamp: str | None = None


class _Review(msgspec.Struct):
    metadata: _ReviewMeta = msgspec.field(default_factory=_ReviewMeta)
    status: _ReviewStatus = msgspec.field(default_factory=_ReviewStatus)


class _Items(msgspec.Struct):
    items: list[dict[str, Any]] | None = None


_VERSION = msgspec.json.Decoder(_Version)
_REVIEW = msgspec.json.Decoder(_Review)
_ITEMS = msgspec.json.Decoder(_Items)


class Examination:
    """Asks. Every method raises KubernetesError."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._discovery = Discovery(client)

    async def version(self) -> str:
        """Give the server's version, such as ``v1.36.2``."""
        subject = Subject(verb="get", resource="version")
        return decode(_VERSION, await self._client.get("/version", subject), subject).git_version

    async def whoami(self) -> tuple[str, Instant | None]:
        """Give the name the server knows us by, and its clock."""
        group = "authentication.k8s.io"
        review = await self._review(group, "selfsubjectreviews", "SelfSubjectReview", None)
        user, made = review.status.user_info, review.metadata.creation_timestamp
        return user.username if user else "", None if made is None else instant(made)

    async def may(self, right: Right) -> bool:
        """Tell whether we have a right."""
        resource, _, subresource = right.resource.partition("/")
        attributes = {
            "verb": right.verb,
            "group": right.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": right.namespace,
            "name": right.name,
        }
        spec = {"resourceAttributes": {name: value for name, value in attributes.items() if value}}
        group = "authorization.k8s.io"
        review = await self._review(group, "selfsubjectaccessreviews", "SelfSubjectAccessReview", spec)
        return review.status.allowed

    async def serves(self, group: str) -> bool:
        """Tell whether an API group is served."""
        return bool(await self._discovery.versions(group))

    async def places(self, group: str, kind: str) -> tuple[Mapping, ...]:
        """Give where a kind is served."""
        return await self._discovery.mappings(group, kind)

    async def objects(self, mapping: Mapping, namespace: str) -> list[dict[str, Any]]:
        """Give every object of a namespace, or of the whole cluster where it is empty, as JSON."""
        subject = Subject(verb="list", resource=mapping.resource)
        root = api_root(mapping.group, mapping.version)
        path = object_path(root, namespace, mapping.resource) if namespace else f"{root}/{mapping.resource}"
        return decode(_ITEMS, await self._client.get(path, subject), subject).items or []

    async def _review(self, group: str, resource: str, kind: str, spec: object) -> _Review:
        subject = Subject(verb="create", resource=f"{resource}.{group}")
        body = {"apiVersion": f"{group}/v1", "kind": kind, **({} if spec is None else {"spec": spec})}
        return decode(_REVIEW, await self._client.post(f"{api_root(group, 'v1')}/{resource}", subject, body), subject)
