"""The one reader of YAML and JSON files: plain values with line numbers, within limits, every fault named at once.

YAML is read as kubectl reads it (see ``yaml_scalars``), but strictly: a key given twice, a key that is not text, an
alias, an anchor, a merge key or a tag is a fault. A faulty document leaves the other documents of its file usable.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from autoscaler.config.field_paths import Step, parse_path
from autoscaler.config.yaml_errors import explain
from autoscaler.config.yaml_tree import LimitError, Place, TreeBuilder
from autoscaler.model.errors import Fault, InvalidInputError
from autoscaler.model.json_types import JsonValue

# Limits for one file. Policies and scenarios need a hundredth of them; a file beyond is a mistake or an attack.
MAX_BYTES: Final = 1024 * 1024
MAX_DOCUMENTS: Final = 1_000
MAX_VALUES: Final = 50_000

_Loader: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document: its plain JSON value, and where it and its parts stand."""

    value: JsonValue
    source: str
    line: int  #: of its first value, counted from 1 within the file
    place: Place = field(repr=False, compare=False)

    def line_of(self, path: str | Sequence[Step]) -> int:
        """Give the line of the field at ``path``, or of the nearest part of the document that holds it.

        A written path (``spec.metrics[0].type``) stops at the first step that does not exist. In a sequence of steps
        such a step is skipped: pydantic's locations hold names of types between the names of fields.
        """
        is_text = isinstance(path, str)
        steps: Sequence[Step] = parse_path(path) if isinstance(path, str) else path
        place = self.place
        for step in steps:
            part = place.part(step)
            if part is not None:
                place = part
            elif is_text:
                break
        return place.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Everything in one file: the documents that can be read, and what is wrong with the others."""

    documents: tuple[Document, ...] = ()
    faults: tuple[Fault, ...] = ()


def load(text: str | bytes, source: str) -> tuple[Document, ...]:
    """Read all documents of ``text``; ``source`` names it in messages. Documents without a value are left out.

    Raises:
        InvalidInputError: one fault for each thing wrong.
    """
    return _whole(scan(text, source))


def load_file(path: Path) -> tuple[Document, ...]:
    """Read all documents of the file at ``path``; ``-`` is standard input.

    Raises:
        InvalidInputError: the file cannot be read, or one fault for each thing wrong in it.
    """
    return _whole(scan_file(path))


def scan_file(path: Path) -> Scan:
    """Read what can be read of the file at ``path``; ``-`` is standard input. Never raises for what a file holds."""
    content = read_file(path)
    return Scan(faults=(content,)) if isinstance(content, Fault) else scan(content, source_name(path))


def read_file(path: Path) -> bytes | Fault:
    """Give the content of the file at ``path``, cut off behind the limit, or what keeps it from being read."""
    source = source_name(path)
    try:
        return _read(path)
    except FileNotFoundError:
        hint = "check the path; relative paths start at the current directory"
        return Fault(what="no such file", source=source, hint=hint)
    except IsADirectoryError:
        return Fault(what="is a directory, not a file", source=source)
    except PermissionError:
        hint = f"check its permissions: ls -l {source}"
        return Fault(what="may not be read by this user", source=source, hint=hint)
    except (OSError, ValueError) as error:
        return Fault(what=f"cannot be read: {getattr(error, 'strerror', None) or error}", source=source)


def source_name(path: Path) -> str:
    """Name a file as messages do."""
    return "<stdin>" if str(path) == "-" else str(path)


def scan(text: str | bytes, source: str) -> Scan:
    """Read what can be read of ``text``. Never raises for what the text holds."""
    try:
        content = text.encode() if isinstance(text, str) else text
        if len(content) > MAX_BYTES:
            what = f"larger than {MAX_BYTES // 1024} KiB"
            return Scan(faults=(Fault(what=what, source=source, hint="split it into smaller files"),))
        decoded = content.decode("utf-8-sig")
    except UnicodeError as error:
        return Scan(faults=(_encoding_fault(error, source),))
    documents: list[Document] = []
    faults: list[Fault] = []
    values_left = MAX_VALUES
    for index, (first_line, lines) in enumerate(_split(decoded)):
        if index == MAX_DOCUMENTS or values_left <= 0:
            what = f"more than {MAX_DOCUMENTS} documents or {MAX_VALUES} values in one file"
            faults.append(Fault(what=what, source=source, line=first_line, hint="split it into smaller files"))
            break
        builder = TreeBuilder(source, first_line, values_left)
        faults += _build(builder, lines)
        values_left -= builder.count
        if not builder.faults and builder.value is not None:
            place = builder.place
            documents.append(Document(value=builder.value, source=source, line=place.line, place=place))
    return Scan(documents=tuple(documents), faults=tuple(faults))


def _whole(result: Scan) -> tuple[Document, ...]:
    if result.faults:
        raise InvalidInputError(result.faults)
    return result.documents


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _encoding_fault(error: UnicodeError, source: str) -> Fault:
    if isinstance(error, UnicodeDecodeError):
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"not UTF-8 text: byte 0x{error.object[error.start]:02x}"
        return Fault(what=what, source=source, line=line, hint="save the file as UTF-8")
    return Fault(what="holds a character that UTF-8 cannot store", source=source, hint="save the file as UTF-8")


def _split(text: str) -> Iterator[tuple[int, list[str]]]:
    """Cut a file at its `---` lines, so that a fault in one document cannot hide the next.

    A line that begins with `---` and white space ends the document wherever it stands: YAML allows it nowhere else.
    """
    chunk: list[str] = []
    first = 1
    has_content = False
    for number, line in enumerate(text.split("\n"), start=1):
        if has_content and line[:3] == "---" and not line[3:4].strip():
            yield first, chunk
            chunk, first, has_content = [], number, False
        chunk.append(line)
        has_content = has_content or not (line.lstrip()[:1] in ("", "#", "%") and line[:1] != " ")
    yield first, chunk


def _build(builder: TreeBuilder, lines: list[str]) -> list[Fault]:
    """Feed one document's events to ``builder``; give its faults, which are the builder's own list."""
    text = "\n".join(lines)
    try:
        builder.feed(yaml.parse(text, Loader=_Loader))
    except LimitError as error:
        builder.faults.append(error.fault)
    except yaml.MarkedYAMLError as error:
        fault = explain(error, source=builder.source, first_line=builder.first_line, lines=lines)
        builder.faults.append(fault)
    except yaml.reader.ReaderError as error:
        line = builder.first_line + text.count("\n", 0, error.position)
        what = f"holds a control character (0x{error.character:02x})"
        builder.faults.append(Fault(what=what, source=builder.source, line=line, hint="remove it"))
    return builder.faults
