"""Small binary documents in ConfigMaps of one namespace."""

from __future__ import annotations

import base64
import binascii

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import NoAnswerError, RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.wire import decode

_ROOT = api_root("", "v1")
_KEY = "document"


class _ConfigMap(msgspec.Struct, rename="camel"):
    binary_data: dict[str, str] | None = None


_CONFIG_MAP = msgspec.json.Decoder(_ConfigMap)


class ConfigMaps:
    """Reads and writes documents by name. Every method raises KubernetesError."""

    def __init__(self, client: Client, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    async def read(self, name: str) -> bytes | None:
        """Give a document; ``None`` where there is none."""
        subject = Subject(verb="get", resource="configmaps", name=name)
        try:
            found = decode(_CONFIG_MAP, await self._client.get(self._path(name), subject), subject)
            text = (found.binary_data or {}).get(_KEY)
            return None if text is None else base64.b64decode(text, validate=True)
        except RefusedError as error:
            if error.is_not_found:
                return None
            raise
        except binascii.Error as error:
            raise NoAnswerError(f"unreadable configmap {name}: {error}") from error

    async def write(self, name: str, document: bytes) -> None:
        """Replace a document, or create it."""
        body = {"binaryData": {_KEY: base64.b64encode(document).decode()}}
        try:
            await self._client.merge_patch(
                self._path(name), Subject(verb="patch", resource="configmaps", name=name), body
            )
        except RefusedError as error:
            if not error.is_not_found:
                raise
            created = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **body}
            await self._client.post(self._path(), Subject(verb="create", resource="configmaps", name=name), created)

    def _path(self, *name: str) -> str:
        return object_path(_ROOT, self._namespace, "configmaps", *name)
