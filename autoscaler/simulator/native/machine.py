"""From LLVM's language to machine code, which is kept in the user's cache folder.

The name of what is kept is a digest of all that it was made from: the text, LLVM's version, the processor. So a changed
kernel never meets old code. Where nothing can be written, every process makes its own.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import llvmlite
import llvmlite.binding as llvm

_SUFFIX: Final = ".object"
_DIGEST: Final = hashlib.sha256().digest_size
_loaded: Final[list[Any]] = []  #: machine code goes when the engine that holds it does


def address_of(text: str, entry: str) -> int:
    """Give where the machine code of a text begins, after making it or finding it in the cache."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(_object(text)))
    engine.finalize_object()
    _loaded.append(engine)
    return int(engine.get_function_address(entry))


def _object(text: str) -> bytes:
    """Give a text's machine code."""
    machine = (llvmlite.__version__, *llvm.llvm_version_info, llvm.get_default_triple(), *_processor())
    name = hashlib.sha256("\n".join((*map(str, machine), text)).encode()).hexdigest()[:32] + _SUFFIX
    folder = _folder()
    kept = _read(folder / name) if folder else None
    if kept is None:
        kept = _made(text)
        if folder:
            _write(folder / name, kept)
    return kept


def _made(text: str) -> bytes:
    """Have LLVM compile a text, as well as it can."""
    machine, module = _machine(), llvm.parse_assembly(text)
    module.triple = llvm.get_default_triple()
    module.data_layout = str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return bytes(machine.emit_object(module))


@cache
def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine() -> Any:
    """Give LLVM's description of this machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    cpu, features = _processor()
    target = llvm.Target.from_triple(llvm.get_default_triple())
    return target.create_target_machine(cpu=cpu, features=features, opt=3, codemodel="jitdefault", jit=True)


def _folder() -> Path | None:
    """Give a folder for machine code that can be written to, if there is one."""
    home = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(home) if home else Path.home() / ".cache") / "autoscaler" / "machine-code"
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, full, or no home at all
        return None
    return folder


def _read(path: Path) -> bytes | None:
    """Give what was kept, unless it is not all there: its digest comes first."""
    try:
        kept = path.read_bytes()
    except OSError:
        return None
    digest, code = kept[:_DIGEST], kept[_DIGEST:]
    return code if hashlib.sha256(code).digest() == digest else None


def _write(path: Path, code: bytes) -> None:
    """Keep machine code, if there is room: others see all of it or nothing."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_bytes(hashlib.sha256(code).digest() + code)
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
