"""Short documents of plain text fields that people write too: a JSON file, or a ConfigMap's data."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Final

import msgspec

from autoscaler.adapters.kubernetes.client import Client
from autoscaler.adapters.kubernetes.errors import RefusedError, Subject
from autoscaler.adapters.kubernetes.paths import api_root, object_path
from autoscaler.adapters.kubernetes.wire import decode

_MOST_BYTES: Final = 64 * 1024
_ROOT: Final = api_root("", "v1")
_FIELDS = msgspec.json.Decoder(dict[str, str])


class _ConfigMap(msgspec.Struct):
    data: dict[str, str] | None = None


_CONFIG_MAP = msgspec.json.Decoder(_ConfigMap)


class UnreadableNoteError(ValueError):
    """What is there is no such document."""


class FileNote:
    """A JSON file. Both methods raise OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return f"file {self._path}"

    async def read(self) -> dict[str, str] | None:
        """Give the fields; ``None`` where there is no file.

        Raises:
            UnreadableNoteError: it holds something else.
        """
        return await asyncio.to_thread(self._read)

    async def write(self, fields: dict[str, str]) -> None:
        """Replace the file as a whole, or create it."""
        await asyncio.to_thread(self._write, fields)

    def _read(self) -> dict[str, str] | None:
        try:
            with self._path.open("rb") as stream:
                body = stream.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        try:
            return _FIELDS.decode(body)
        except msgspec.MsgspecError as error:
            raise UnreadableNoteError(f"not a JSON object of texts: {error}") from error

    def _write(self, fields: dict[str, str]) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        with new.open("wb") as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self._path)


class ConfigMapNote:
    """A ConfigMap. Both methods raise KubernetesError."""

    def __init__(self, client: Client, namespace: str, name: str) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name

    def __str__(self) -> str:
        return f"ConfigMap {self._namespace}/{self._name}"

    async def read(self) -> dict[str, str] | None:
        """Give the fields; ``None`` where there is no such object, or none in it."""
        subject = Subject(verb="get", resource="configmaps", name=self._name)
        try:
            return decode(_CONFIG_MAP, await self._client.get(self._path(self._name), subject), subject).data
        except RefusedError as error:
            if error.is_not_found:
                return None
            raise

    async def write(self, fields: dict[str, str]) -> None:
        """Replace the fields, or create the object."""
        gone = {name: None for name in await self.read() or {} if name not in fields}
        subject = Subject(verb="patch", resource="configmaps", name=self._name)
        try:
            await self._client.merge_patch(self._path(self._name), subject, {"data": {**fields, **gone}})
        except RefusedError as error:
            if not error.is_not_found:
                raise
            created = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": self._name}, "data": fields}
            creating = Subject(verb="create", resource="configmaps", name=self._name)
            await self._client.post(self._path(), creating, created)

    def _path(self, *name: str) -> str:
        return object_path(_ROOT, self._namespace, "configmaps", *name)
