"""Builds one document's plain JSON value, and remembers on which line each of its parts stands.

Works from the parser's event stream with its own stack, so that a hostile document meets our limits before it can
exhaust the interpreter's: the depth and the number of values are checked as they arrive, aliases are never followed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import yaml

from autoscaler.config.field_paths import Step, format_path
from autoscaler.config.yaml_scalars import resolve
from autoscaler.model.errors import Fault
from autoscaler.model.json_types import JsonValue

MAX_DEPTH: Final = 64
MAX_FAULTS: Final = 50  #: a document with more faults is not read to its end

_TAG_PREFIX: Final = "tag:yaml.org,2002:"
_TEMPLATE_HINT: Final = "`{{ ... }}` is a template: render it first, for example with `helm template`"


@dataclass(slots=True)
class Place:
    """Where a value stands (line and column count from 1), and where its parts do."""

    line: int
    column: int
    parts: dict[str, Place] | list[Place] | None = None

    def part(self, step: Step) -> Place | None:
        """Find the part named by a key or an index; ``None`` where there is no such part."""
        if isinstance(self.parts, dict):
            return self.parts.get(str(step))
        if isinstance(self.parts, list):
            index = int(step) if str(step).isdecimal() else -1
            return self.parts[index] if 0 <= index < len(self.parts) else None
        return None

    def descend(self, steps: Iterable[Step]) -> Place | None:
        """Find the part at the end of ``steps``; ``None`` where there is none."""
        place: Place | None = self
        for step in steps:
            place = place.part(step) if place is not None else None
        return place


class LimitError(Exception):
    """The document is larger than anything we accept; holds the fault that says so."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.what)


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open. ``key`` waits for its value; ``None``: a key is expected."""

    value: dict[str, JsonValue] | list[JsonValue]
    place: Place
    path: tuple[Step, ...]
    key: str | None = None
    is_key: bool = False  #: this collection stands where a key should; its content goes nowhere


@dataclass(slots=True)
class TreeBuilder:
    """Takes the events of one document; ``value``, ``place`` and ``faults`` hold the result.

    ``first_line`` is added to the parser's line numbers: a document is parsed apart from the rest of its file.
    ``max_values`` is what the file's limit leaves for this document.
    """

    source: str
    first_line: int
    max_values: int
    value: JsonValue = None
    place: Place = field(default_factory=lambda: Place(1, 1))
    faults: list[Fault] = field(default_factory=list)
    count: int = 0  #: values read so far
    _open: list[_Frame] = field(default_factory=list)

    def feed(self, events: Iterator[yaml.Event]) -> None:
        """Consume the events of one document.

        Raises:
            LimitError: deeper than ``MAX_DEPTH``, more values than ``max_values``, more faults than ``MAX_FAULTS``.
        """
        for event in events:
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.MappingStartEvent():
                    self._start({}, Place(*self._at(event), {}), event)
                case yaml.SequenceStartEvent():
                    self._start([], Place(*self._at(event), []), event)
                case yaml.CollectionEndEvent():
                    self._close()
                case yaml.AliasEvent():
                    self._alias(event)
                case _:  # ends and starts of the stream and the document say nothing
                    pass

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_anchor(event)
        value = self._scalar_value(event)
        frame = self._open[-1] if self._open else None
        if frame is not None and isinstance(frame.value, dict) and frame.key is None:
            self._take_key(frame, value, event)
        else:
            self._put(value, Place(*self._at(event)), event)

    def _alias(self, event: yaml.AliasEvent) -> None:
        self._fault(event, f"aliases (`*{event.anchor}`) are not accepted", "write the value out in full")
        frame = self._open[-1] if self._open else None
        if frame is not None and isinstance(frame.place.parts, dict) and frame.key is None:
            frame.key = f"*{event.anchor}"
            frame.place.parts.setdefault(frame.key, Place(*self._at(event)))
        else:
            self._put(None, Place(*self._at(event)), event)

    def _scalar_value(self, event: yaml.ScalarEvent) -> JsonValue:
        plain, quoted = event.implicit
        if event.tag == f"{_TAG_PREFIX}str" or (quoted and not plain) or event.tag == "!":
            return str(event.value)
        value = resolve(event.value)
        if event.tag is not None and not plain and not _fits(event.tag, value):
            tag = event.tag.replace(_TAG_PREFIX, "!!")
            self._fault(event, f"tag {tag} is not accepted here", "write the plain value, without a tag")
        if isinstance(value, float) and not math.isfinite(value):
            self._fault(event, f"{event.value} is not a number that can be used", "write a finite number")
            return None
        return value

    def _take_key(self, frame: _Frame, key: JsonValue, event: yaml.ScalarEvent) -> None:
        frame.key = key if isinstance(key, str) else event.value
        if not isinstance(key, str):
            self._fault(event, f"key `{event.value}` is not text", f'write it in quotes: "{event.value}"')
        elif key == "<<" and event.implicit[0]:
            self._fault(event, "merge keys (`<<`) are not accepted", "write the values out in full")
        assert isinstance(frame.value, dict)
        assert isinstance(frame.place.parts, dict)
        if frame.key in frame.value:
            first = frame.place.parts[frame.key].line
            self._fault(event, f'key "{frame.key}" is given twice, first on line {first}', "keep one of the two")
        frame.place.parts.setdefault(frame.key, Place(*self._at(event)))

    def _put(self, value: JsonValue, place: Place, event: yaml.Event) -> None:
        self.count += 1
        if self.count > self.max_values:
            raise LimitError(self._limit(event, "more values than one file may hold"))
        if not self._open:
            self.value, self.place = value, place
            return
        frame = self._open[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
            assert isinstance(frame.place.parts, list)
            frame.place.parts.append(place)
        elif frame.key is not None:
            frame.value.setdefault(frame.key, value)
            assert isinstance(frame.place.parts, dict)
            frame.place.parts[frame.key].parts = place.parts  # the key's own line tells more than the value's
            frame.key = None

    def _start(
        self, value: dict[str, JsonValue] | list[JsonValue], place: Place, event: yaml.CollectionStartEvent
    ) -> None:
        self._refuse_anchor(event)
        if event.tag is not None and not event.tag.startswith(_TAG_PREFIX):
            self._fault(event, f"tag {event.tag} is not accepted here", "write the plain value, without a tag")
        if len(self._open) >= MAX_DEPTH:
            raise LimitError(self._limit(event, f"nested deeper than {MAX_DEPTH} levels"))
        frame = self._open[-1] if self._open else None
        path = self._steps()
        is_key = frame is not None and isinstance(frame.value, dict) and frame.key is None
        if is_key:
            hint = (
                _TEMPLATE_HINT
                if isinstance(value, dict) and event.flow_style
                else "quote the key if it is meant as text"
            )
            self._fault(event, "a key must be text, not a mapping or list", hint)
        else:
            self._put(value, place, event)
        self._open.append(_Frame(value, place, path, is_key=is_key))

    def _close(self) -> None:
        closed = self._open.pop()
        if closed.is_key:
            parent = self._open[-1]
            assert isinstance(parent.place.parts, dict)
            parent.key = f"?{len(parent.place.parts)}"  # any name will do: the document is refused
            parent.place.parts[parent.key] = closed.place

    def _refuse_anchor(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            what = f"anchors (`&{event.anchor}`) are not accepted"
            self._fault(event, what, "remove it, and write the value out where it is used")

    def _fault(self, event: yaml.Event, what: str, hint: str) -> None:
        if len(self.faults) >= MAX_FAULTS:
            raise LimitError(self._limit(event, f"more than {MAX_FAULTS} faults; the rest was not read"))
        line, _ = self._at(event)
        fault = Fault(what=what, source=self.source, line=line, path=self._path(), hint=hint)
        if fault not in self.faults:
            self.faults.append(fault)

    def _limit(self, event: yaml.Event, what: str) -> Fault:
        line, _ = self._at(event)
        return Fault(what=what, source=self.source, line=line)

    def _at(self, event: yaml.Event) -> tuple[int, int]:
        assert event.start_mark is not None  # the parser always sets it
        return self.first_line + event.start_mark.line, event.start_mark.column + 1

    def _path(self) -> str:
        return format_path(self._steps())

    def _steps(self) -> tuple[Step, ...]:
        if not self._open:
            return ()
        frame = self._open[-1]
        if isinstance(frame.value, list):
            return (*frame.path, len(frame.value))
        return frame.path if frame.key is None else (*frame.path, frame.key)


def _fits(tag: str, value: JsonValue) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {
        "int": int,
        "float": (int, float),
        "bool": bool,
        "null": type(None),
        "timestamp": str,
    }
    return isinstance(value, kinds.get(tag.removeprefix(_TAG_PREFIX), ()))
