"""Compiling, where llvmlite is installed: the extra ``sim``. Without it the same code runs as it is, only slowly."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from importlib.util import find_spec
from inspect import signature
from types import FunctionType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

import numpy as np

from autoscaler.simulator.native.kinds import ArrayKind, Kind, RecordKind, Scalar, kinds_of

P = ParamSpec("P")
R = TypeVar("R")

#: Whether functions are compiled: llvmlite is there, and nobody switched it off with AUTOSCALER_COMPILE=0.
IS_COMPILED: Final = find_spec("llvmlite") is not None and os.environ.get("AUTOSCALER_COMPILE") != "0"

_C_TYPES: Final[dict[Kind, Any]] = {
    Scalar.INT: ctypes.c_int64, Scalar.FLOAT: ctypes.c_double, Scalar.BOOL: ctypes.c_bool, None: None,
}  # fmt: skip


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function that is compiled when it is first called, with all that it calls."""
    return cast("Callable[P, R]", Compiled(function, {})) if IS_COMPILED else function


def specialised(function: Callable[..., R], **settings: int) -> Callable[..., R]:
    """Fix some conditions and numbers of a function, and compile it without what they rule out."""
    return Compiled(function, settings) if IS_COMPILED else partial(function, **settings)


def overflowing() -> AbstractContextManager[object]:
    """Let integers wrap around, as random generators want it: compiled code does, numpy's scalars would warn."""
    return nullcontext() if IS_COMPILED else np.errstate(over="ignore")


class Compiled(Generic[R]):
    """A function as machine code. Other threads run meanwhile."""

    def __init__(self, function: Callable[..., R], settings: dict[str, int]) -> None:
        self.plain = cast("FunctionType", function)
        self._settings = tuple(settings.items())
        self._code: tuple[tuple[Kind, ...], Callable[..., R]] | None = None
        self._table: tuple[object, Any] = None, None  # of the last record seen

    def __call__(self, *arguments: Any) -> R:
        """Run it; it is compiled, or found in the cache, when it is called first."""
        kinds, run = self._code = self._code or _machine_code(self.plain, self._settings)
        words: list[Any] = []
        for kind, argument in zip(kinds, arguments, strict=True):
            if isinstance(kind, ArrayKind):
                words += _words(kind, argument)
            elif isinstance(kind, RecordKind):
                words.append(self._table_of(kind, argument))
            else:
                words.append(argument)
        return run(*words)

    def _table_of(self, kind: RecordKind, record: Any) -> Any:
        """Give the table of a record's arrays, which is made anew only for another record."""
        seen, table = self._table
        if record is not seen:
            fields = zip(kind.fields, record, strict=True)
            words = [word for (_, field), array in fields for word in _words(field, array)]
            table = (ctypes.c_int64 * len(words))(*words)
            self._table = record, table
        return table


@cache
def _machine_code(
    function: FunctionType, settings: tuple[tuple[str, int], ...]
) -> tuple[tuple[Kind, ...], Callable[..., Any]]:
    """Compile a function, once in a process, and give it with the kinds of its arguments."""
    from autoscaler.simulator.native.machine import address_of  # only who runs machine code needs LLVM
    from autoscaler.simulator.native.program import ENTRY, translate

    fixed, all_kinds = dict(settings), kinds_of(function)
    kinds = tuple(all_kinds[name] for name in signature(function).parameters if name not in fixed)
    types: list[Any] = []
    for kind in kinds:
        if isinstance(kind, ArrayKind):
            types += [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
        else:
            types.append(_C_TYPES[kind] if isinstance(kind, Scalar) else ctypes.c_void_p)
    address = address_of(translate(function, fixed), ENTRY)
    return kinds, ctypes.CFUNCTYPE(_C_TYPES[all_kinds["return"]], *types)(address)


def _words(kind: ArrayKind, array: Any) -> tuple[int, int, int]:
    """Give an array's address, rows and columns.

    Raises:
        TypeError: it is not of the kind that the code was made for.
    """
    shape = array.shape
    is_right = array.dtype == kind.dtype and array.flags.c_contiguous and len(shape) == (1 if kind.width is None else 2)
    if not is_right or (kind.width and shape[1] != kind.width):
        raise TypeError(f"{kind} is needed, not {array.dtype} of shape {shape}")
    try:
        address = ctypes.addressof(ctypes.c_char.from_buffer(array))  # a third of what the other way takes
    except (TypeError, ValueError):  # nobody may write to it, or it is empty
        address = array.ctypes.data
    return address, shape[0], shape[1] if len(shape) == 2 else 0
