"""Small binary documents in a folder, each replaced as a whole or not at all."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path


class Folder:
    """Reads and writes documents by name. Every method raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self, name: str) -> bytes | None:
        """Give a document; ``None`` where there is none."""
        return await asyncio.to_thread(self._read, name)

    async def write(self, name: str, document: bytes) -> None:
        """Replace a document, or create it; the folder too."""
        await asyncio.to_thread(self._write, name, document)

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, name: str, document: bytes) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        new = self._path / f"{name}.new"
        with new.open("wb") as stream:
            stream.write(document)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self._path / name)
