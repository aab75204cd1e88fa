"""What values there are in code that can be compiled: numbers, arrays of them, and records of arrays.

A record is a named tuple whose fields are all arrays. Machine code gets it as a table with three words for each field: where
the array begins, its rows, its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from types import NoneType
from typing import Annotated, Any, Final, TypeAlias, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.int32]
Counts = NDArray[np.uint32]
Bits = NDArray[np.uint64]


class NotCompilableError(TypeError):
    """Python that cannot be compiled; the message tells where."""


#: As in ``Annotated[Floats, WIDE]``: columns are counted at run time. A number there is how many there always are.
WIDE: Final = 0


class Scalar(Enum):
    """A number in a register, and what LLVM calls it."""

    INT = "i64"  #: wraps around beyond 64 bits
    BITS = "i64 "  #: numpy's uint64; the blank only tells it from INT
    FLOAT = "double"
    BOOL = "i1"

    @property
    def llvm(self) -> str:
        """LLVM's name."""
        return self.value.strip()


@dataclass(frozen=True, slots=True)
class Storage:
    """A number in an array: what LLVM calls it there, and what it is once loaded."""

    llvm: str
    scalar: Scalar
    widen: str = ""  #: the instruction that loading it takes, if it is narrower than the register


STORAGES: Final = {
    np.dtype(np.float64): Storage("double", Scalar.FLOAT),
    np.dtype(np.int64): Storage("i64", Scalar.INT),
    np.dtype(np.uint64): Storage("i64", Scalar.BITS),
    np.dtype(np.int32): Storage("i32", Scalar.INT, "sext"),
    np.dtype(np.uint32): Storage("i32", Scalar.INT, "zext"),
}


@dataclass(frozen=True, slots=True)
class ArrayKind:
    """An array with rows only (``width`` is ``None``), or with rows and columns: so many, or ``WIDE``."""

    dtype: np.dtype[Any]
    width: int | None = None

    @property
    def storage(self) -> Storage:
        """How its numbers lie in memory."""
        return STORAGES[self.dtype]


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A named tuple of arrays."""

    name: str
    fields: tuple[tuple[str, ArrayKind], ...]


@dataclass(frozen=True, slots=True)
class Several:
    """Numbers that a function gives together."""

    scalars: tuple[Scalar, ...]

    @property
    def llvm(self) -> str:
        """LLVM's name."""
        return "{ " + ", ".join(scalar.llvm for scalar in self.scalars) + " }"


Kind: TypeAlias = Scalar | ArrayKind | RecordKind | Several | None
_SCALARS: Final[dict[object, Scalar]] = {
    int: Scalar.INT,
    float: Scalar.FLOAT,
    bool: Scalar.BOOL,
    np.uint64: Scalar.BITS,
}


@cache
def kinds_of(function: Any) -> dict[str, Kind]:
    """Read the kinds of a function's parameters off its annotations, and that of what it gives (``return``)."""
    return {name: _kind(hint) for name, hint in get_type_hints(function, include_extras=True).items()}


def _kind(hint: Any) -> Kind:
    """Read one annotation.

    Raises:
        TypeError: it is none of those that can be compiled.
    """
    if hint is NoneType:
        return None
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is Annotated:
        array, width = get_args(hint)
        return ArrayKind(_dtype(array), width)
    if get_origin(hint) is tuple:
        return Several(tuple(_SCALARS[item] for item in get_args(hint)))
    if get_origin(hint) is np.ndarray:
        return ArrayKind(_dtype(hint))
    if isinstance(hint, type) and hasattr(hint, "_fields"):
        return record_kind(hint)
    raise TypeError(f"{hint} cannot be compiled")


@cache
def record_kind(record: type) -> RecordKind:
    """Read the arrays of a named tuple off its annotations."""
    hints = get_type_hints(record, include_extras=True)
    fields = [(name, _kind(hint)) for name, hint in hints.items()]
    arrays = tuple((name, kind) for name, kind in fields if isinstance(kind, ArrayKind))
    if len(arrays) < len(fields):
        raise TypeError(f"{record.__name__} has fields that are not arrays")
    return RecordKind(record.__name__, arrays)


def _dtype(hint: Any) -> np.dtype[Any]:
    dtype: np.dtype[Any] = np.dtype(get_args(get_args(hint)[1])[0])
    return dtype
