"""Writes the body of one function in LLVM's language, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from autoscaler.simulator.native.kinds import ArrayKind, RecordKind, Scalar


@dataclass(frozen=True, slots=True)
class Number:
    """A number: in a register, or known while compiling (``known``)."""

    scalar: Scalar
    text: str
    known: int | float | None = None

    @property
    def typed(self) -> str:
        """As an argument."""
        return f"{self.scalar.llvm} {self.text}"


@dataclass(frozen=True, slots=True)
class Array:
    """An array: where it begins, its rows and columns; and what the compiler may know about its neighbours in memory."""

    kind: ArrayKind
    pointer: str
    rows: str
    columns: str
    scope: str = ""  #: metadata of a load or a store


@dataclass(frozen=True, slots=True)
class Record:
    """A named tuple of arrays, by the address of its table."""

    kind: RecordKind
    pointer: str


@dataclass(frozen=True, slots=True)
class Object:
    """Something of Python's own, known while compiling: a module, a function, a class, an array of constants."""

    value: object


@dataclass(frozen=True, slots=True)
class Together:
    """Several values, for several names."""

    items: tuple[Value, ...]


Value: TypeAlias = Number | Array | Record | Object | Together


def constant(value: bool | int | float | np.number[Any]) -> Number:
    """Give a number that is known now."""
    if isinstance(value, bool):
        return Number(Scalar.BOOL, "true" if value else "false", bool(value))
    if isinstance(value, np.uint64):
        return Number(Scalar.BITS, str(int(value)), int(value))
    if isinstance(value, int | np.integer):
        return Number(Scalar.INT, str(int(value)), int(value))
    return Number(Scalar.FLOAT, float_text(float(value)), float(value))


def float_text(value: float) -> str:
    """Write a float to the last bit."""
    return f"0x{int(np.float64(value).view(np.uint64)):016X}"


class Emitter:
    """Lines of one function. A block ends with a jump; what follows it without a label is never reached, and left out."""

    def __init__(self) -> None:
        self._head: list[str] = []
        self._lines: list[str] = []
        self._count = 0
        self.is_open = True

    def text(self) -> str:
        """Give the function's body."""
        return "\n".join(("entry:", *self._head, *self._lines))

    def name(self, stem: str) -> str:
        """Give a name that nothing else has."""
        self._count += 1
        return f"{stem}{self._count}"

    def slot(self, llvm: str) -> str:
        """Reserve memory for a variable, which LLVM then keeps in a register."""
        slot = self.name("%v")
        self._head.append(f"  {slot} = alloca {llvm}")
        return slot

    def do(self, line: str) -> None:
        """Write an instruction without a result."""
        if self.is_open:
            self._lines.append(f"  {line}")

    def give(self, line: str) -> str:
        """Write an instruction, and give the name of its result."""
        result = self.name("%t")
        self.do(f"{result} = {line}")
        return result

    def number(self, scalar: Scalar, line: str) -> Number:
        """Write an instruction that gives a number."""
        return Number(scalar, self.give(line))

    def end(self, line: str) -> None:
        """Write the jump or return that ends a block."""
        self.do(line)
        self.is_open = False

    def jump(self, label: str) -> None:
        """Go on elsewhere."""
        self.end(f"br label %{label}")

    def fork(self, condition: Number, yes: str, no: str) -> None:
        """Go on in one of two places."""
        if condition.known is not None:
            self.jump(yes if condition.known else no)
        else:
            self.end(f"br i1 {condition.text}, label %{yes}, label %{no}")

    def label(self, label: str) -> None:
        """Begin a block; the one before goes on here."""
        if self.is_open:
            self.jump(label)
        self._lines.append(f"{label}:")
        self.is_open = True
