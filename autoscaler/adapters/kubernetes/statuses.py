"""HPA objects of the cluster: what they hold, and their status written where they exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.wire import ObjectMeta, decode

_ROOT = api_root("autoscaling", "v2")
_RESOURCE = "horizontalpodautoscalers"
_QUALIFIED = "horizontalpodautoscalers.autoscaling"
#: A merge patch keeps what it does not name, so what the new status leaves out is named as null.
_CLEARED: dict[str, Any] = dict.fromkeys(
    ("observedGeneration", "lastScaleTime", "currentReplicas", "currentMetrics", "conditions")
)


class _Item(msgspec.Struct):
    metadata: ObjectMeta


class _List(msgspec.Struct):
    items: list[_Item] | None = None


_LIST = msgspec.json.Decoder(_List)


@dataclass(frozen=True, slots=True, kw_only=True)
class HpaObject:
    """One HPA object as the server holds it; ``document`` is its JSON, for those who parse policies."""

    uid: str
    document: dict[str, Any]


class Statuses:
    """Reads HPA objects and writes their status."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, namespace: str, name: str) -> HpaObject | None:
        """Read an HPA object; ``None`` where there is none of that name. Raises: KubernetesError."""
        subject = Subject(verb="get", resource=_QUALIFIED, name=name)
        try:
            body = await self._client.get(object_path(_ROOT, namespace, _RESOURCE, name), subject)
        except RefusedError as error:
            if error.is_not_found:
                return None
            raise
        document = _decode(body)
        return HpaObject(uid=_uid(document), document=document)

    async def uids(self, namespace: str) -> dict[str, str]:
        """Give the uid of each HPA object of a namespace, by name. Raises: KubernetesError."""
        subject = Subject(verb="list", resource=_QUALIFIED)
        found = decode(_LIST, await self._client.get(object_path(_ROOT, namespace, _RESOURCE), subject), subject)
        return {item.metadata.name: item.metadata.uid for item in found.items or ()}

    async def write(self, namespace: str, name: str, status: dict[str, Any]) -> str:
        """Replace an HPA object's status (autoscaling/v2 JSON); give the object's uid, empty where there is none.

        Raises: KubernetesError.
        """
        subject = Subject(verb="patch", resource=f"{_QUALIFIED}/status", name=name)
        path = object_path(_ROOT, namespace, _RESOURCE, name, "status")
        try:
            body = await self._client.merge_patch(path, subject, {"status": _CLEARED | status})
        except RefusedError as error:
            if error.is_not_found:
                return ""
            raise
        return _uid(_decode(body))


def _decode(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise NoAnswerError(f"unreadable answer about {_QUALIFIED}: {error}") from error


def _uid(document: dict[str, Any]) -> str:
    metadata = document.get("metadata")
    return str(metadata.get("uid", "")) if isinstance(metadata, dict) else ""
