"""Compiling, where numba is installed: the extra ``sim``. Without it the same code runs as it is, only slowly.

Machine code is kept in the user's cache folder, under a digest of the source it was made from: a changed kernel never
meets old code. Where nothing can be written it is compiled anew in every process.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np

try:
    numba: Any = import_module("numba")  # not by its name: type checkers would read all of its source
except ImportError:
    numba = None

P = ParamSpec("P")
R = TypeVar("R")

#: Whether functions are compiled: numba is there, and nobody switched it off with NUMBA_DISABLE_JIT=1.
IS_COMPILED: Final = numba is not None and not numba.config.DISABLE_JIT

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}


def compiler(source: Path, *constants: Path) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give the decorator for the functions of the file ``source``, which may call only functions of that file.

    ``constants``: other files that it has constants from.
    """
    if not IS_COMPILED:
        return lambda function: function
    folder = _cache_folder(source, *constants)

    def compiled(function: Callable[P, R]) -> Callable[P, R]:
        before: Any = numba.config.CACHE_DIR
        numba.config.CACHE_DIR = str(folder or "")  # read while a function is decorated, and by nobody after that
        try:
            made: Callable[P, R] = numba.njit(cache=folder is not None, no_cfunc_wrapper=True, **_OPTIONS)(function)
        finally:
            numba.config.CACHE_DIR = before
        return made

    return compiled


def inner(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that only compiled functions of its file call: it takes half the time to compile."""
    if not IS_COMPILED:
        return function
    made: Callable[P, R] = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    return made


def plain(function: Callable[P, R]) -> Callable[P, R]:
    """Give a function as it was before it was compiled, for the odd call that is not worth compiling for."""
    before: Callable[P, R] = getattr(function, "py_func", function)
    return before


def overflowing() -> AbstractContextManager[object]:
    """Let integers wrap around, as random generators want it: compiled code does, numpy's scalars would warn."""
    return nullcontext() if IS_COMPILED else np.errstate(over="ignore")


def _cache_folder(source: Path, *others: Path) -> Path | None:
    """Give a folder for the machine code of ``source`` that can be written to, if there is one."""
    home = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME")
    try:
        root = Path(home) if home else Path.home() / ".cache"
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in (source, *others))).hexdigest()[:16]
        folder = root / "autoscaler" / f"{source.parent.name}-{source.stem}-{digest}"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except (OSError, RuntimeError):  # read-only, full, or no home at all
        return None
