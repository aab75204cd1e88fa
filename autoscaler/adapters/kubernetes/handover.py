"""HPA and ScalingPolicy objects of one name, read and written one by one, for whoever hands a target from one to the other."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.scaling_policies import GROUP, RESOURCE, VERSION
from autoscaler.model.policy import PolicyKey


class _Objects:
    """Objects of one kind."""

    def __init__(self, client: Client, root: str, resource: str, group: str) -> None:
        self._client = client
        self._root = root
        self._resource = resource
        self._qualified = f"{resource}.{group}"

    async def read(self, key: PolicyKey) -> dict[str, Any] | None:
        """Read one; ``None`` where there is none of that name. Raises: KubernetesError."""
        try:
            return _decoded(await self._client.get(self._path(key), self._subject("get", key)))
        except RefusedError as error:
            if error.is_not_found and f'"{key.name}"' in str(error):
                return None  # where the whole kind is not there, the server names no object
            raise

    async def create(self, key: PolicyKey, manifest: dict[str, Any]) -> None:
        """Create one. Raises: KubernetesError."""
        path = object_path(self._root, key.namespace, self._resource)
        await self._client.post(path, self._subject("create", key), manifest)

    async def patch(self, key: PolicyKey, change: dict[str, Any]) -> None:
        """Merge a change into one. Raises: KubernetesError."""
        await self._client.merge_patch(self._path(key), self._subject("patch", key), change)

    async def delete(self, key: PolicyKey, uid: str) -> None:
        """Delete the one with this uid, at once. A workload is none of its dependents, so it stays. Raises: KubernetesError."""
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        await self._client.delete(self._path(key), self._subject("delete", key), options)

    def _path(self, key: PolicyKey) -> str:
        return object_path(self._root, key.namespace, self._resource, key.name)

    def _subject(self, verb: str, key: PolicyKey) -> Subject:
        return Subject(verb=verb, resource=self._qualified, name=key.name)


class HandedOver:
    """The two objects."""

    def __init__(self, client: Client) -> None:
        self.hpas: Final = _Objects(client, api_root("autoscaling", "v2"), "horizontalpodautoscalers", "autoscaling")
        self.policies: Final = _Objects(client, api_root(GROUP, VERSION), RESOURCE, GROUP)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise NoAnswerError(f"unreadable answer: {error}") from error
