"""The lease that candidates for leadership share, read and written with optimistic locking."""

from __future__ import annotations

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.wire import ObjectMeta, decode

_ROOT = api_root("coordination.k8s.io", "v1")


class LeaseSpec(msgspec.Struct, rename="camel", omit_defaults=True):
    """A Lease's spec; times are RFC 3339 with microseconds."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: str | None = None
    renew_time: str | None = None
    lease_transitions: int | None = None


class _Lease(msgspec.Struct):
    metadata: ObjectMeta
    spec: LeaseSpec = msgspec.field(default_factory=LeaseSpec)


_LEASE = msgspec.json.Decoder(_Lease)


class Leases:
    """One Lease object."""

    def __init__(self, client: Client, namespace: str, name: str) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name

    async def read(self) -> tuple[LeaseSpec, str] | None:
        """Give the spec and its resource version; ``None`` where there is no such Lease. Raises: KubernetesError."""
        try:
            return _read(await self._client.get(self._path(self._name), self._subject("get")), self._subject("get"))
        except RefusedError as error:
            if error.is_not_found:
                return None
            raise

    async def create(self, spec: LeaseSpec) -> tuple[LeaseSpec, str]:
        """Create the Lease. Raises: KubernetesError."""
        body = await self._client.post(self._path(), self._subject("create"), self._document(spec, ""))
        return _read(body, self._subject("create"))

    async def update(self, spec: LeaseSpec, version: str) -> tuple[LeaseSpec, str]:
        """Replace the Lease if it is still at ``version``. Raises: KubernetesError."""
        subject = self._subject("update")
        return _read(await self._client.put(self._path(self._name), subject, self._document(spec, version)), subject)

    def _document(self, spec: LeaseSpec, version: str) -> object:
        metadata = {"name": self._name, "namespace": self._namespace}
        if version:
            metadata["resourceVersion"] = version
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": metadata,
            "spec": msgspec.to_builtins(spec),
        }

    def _path(self, *name: str) -> str:
        return object_path(_ROOT, self._namespace, "leases", *name)

    def _subject(self, verb: str) -> Subject:
        return Subject(verb=verb, resource="leases.coordination.k8s.io", name=self._name)


def _read(body: bytes, subject: Subject) -> tuple[LeaseSpec, str]:
    lease = decode(_LEASE, body, subject)
    return lease.spec, lease.metadata.resource_version
