"""HPA objects of the cluster: what they hold, and their status written where they exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path

_ROOT = api_root("autoscaling", "v2")
_RESOURCE = "horizontalpodautoscalers"
_QUALIFIED = "horizontalpodautoscalers.autoscaling"
#: A merge patch keeps what it does not name, so what the new status leaves out is named as null.
_CLEARED: dict[str, Any] = {"currentReplicas": None, "lastScaleTime": None, "currentMetrics": None, "conditions": None}


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
        try:
            document = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise NoAnswerError(f"unreadable answer to get {_QUALIFIED}: {error}") from error
        metadata = document.get("metadata")
        uid = metadata.get("uid", "") if isinstance(metadata, dict) else ""
        return HpaObject(uid=uid, document=document)

    async def write(self, namespace: str, name: str, status: dict[str, Any]) -> bool:
        """Replace an HPA object's status (autoscaling/v2 JSON); tell whether there is such an object.

        Raises: KubernetesError.
        """
        subject = Subject(verb="patch", resource=f"{_QUALIFIED}/status", name=name)
        path = object_path(_ROOT, namespace, _RESOURCE, name, "status")
        try:
            await self._client.merge_patch(path, subject, {"status": _CLEARED | status})
        except RefusedError as error:
            if error.is_not_found:
                return False
            raise
        return True
