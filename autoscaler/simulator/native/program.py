"""From a function of Python, and those that it calls, to a text in LLVM's language."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from types import FunctionType
from typing import Any, Final

import numpy as np

from autoscaler.simulator.native.arithmetic import Arithmetic
from autoscaler.simulator.native.emitter import (
    Array,
    Emitter,
    Number,
    Record,
    Together,
    Value,
    constant,
    float_text,
)
from autoscaler.simulator.native.expressions import Expressions
from autoscaler.simulator.native.kinds import WIDE, ArrayKind, Kind, RecordKind, Scalar, Several, kinds_of
from autoscaler.simulator.native.marks import is_rare
from autoscaler.simulator.native.statements import Statements

ENTRY: Final = "entry"  #: what machine code calls the function that was asked for
_MATH: Final = ("double @log(double)", "double @exp(double)", "double @pow(double, double)",
                "double @nextafter(double, double)", "double @llvm.sqrt.f64(double)")  # fmt: skip


def translate(function: FunctionType, settings: Mapping[str, int]) -> str:
    """Give LLVM's text for a function; parameters in ``settings`` are fixed, and what they rule out is left out.

    Raises:
        NotCompilableError: something in it cannot be compiled.
    """
    program = _Program()
    program.define(function, ENTRY, dict(settings))
    return program.text()


class _Program:
    """All functions that are needed, each once for every choice of its settings."""

    def __init__(self) -> None:
        self._names: dict[object, str] = {}
        self._functions: list[str] = []
        self._tables: dict[int, Array] = {}
        self._constants: list[str] = []
        self._scopes: dict[str, list[int]] = {}
        self._metadata = ["!0 = !{}", "!1 = distinct !{!1}"]

    def text(self) -> str:
        """Give everything."""
        declared = [f"declare {function} nounwind willreturn memory(none)" for function in _MATH]
        return "\n".join([*self._constants, *declared, *self._functions, *self._metadata, ""])

    def define(self, function: FunctionType, name: str, settings: dict[str, int]) -> None:
        """Write a function down."""
        kinds = kinds_of(function)
        emitter = Emitter()
        expressions = Expressions(emitter, self, function.__globals__)
        parameters = []
        for parameter in _parameters(function):
            if parameter in settings:
                expressions.fixed[parameter] = constant(settings[parameter])
            else:
                parameters += _parameter(parameter, kinds[parameter], expressions, emitter)
        Statements(emitter, expressions, kinds["return"], function.__module__).write(_source(function).body)
        emitter.do("ret void" if kinds["return"] is None else "unreachable")
        linkage = "" if name == ENTRY else "internal "
        hint = " noinline cold" if is_rare(function) else ""
        head = f"define {linkage}{_returned(kinds['return'])} @{name}({', '.join(parameters)}) nounwind{hint} {{"
        self._functions.append("\n".join((head, emitter.text(), "}")))

    def call(self, emitter: Emitter, function: FunctionType, arguments: list[Value]) -> Number | Together | None:
        """Write a call; arguments that are known make another function of it."""
        names, kinds = _parameters(function), kinds_of(function)
        settings: dict[str, int] = {}
        values: list[str] = []
        for name, argument in zip(names, arguments, strict=True):
            if isinstance(argument, Number) and argument.scalar is kinds[name] and isinstance(argument.known, int):
                settings[name] = argument.known
            else:
                values += _arguments(argument, kinds[name], emitter)
        key = (function, tuple(settings.items()))
        if key not in self._names:
            self._names[key] = f"f{len(self._names)}.{function.__name__}"
            self.define(function, self._names[key], settings)
        line = f"call {_returned(kinds['return'])} @{self._names[key]}({', '.join(values)})"
        match kinds["return"]:
            case Scalar() as scalar:
                return emitter.number(scalar, line)
            case Several(scalars=scalars):
                llvm, packed = _returned(kinds["return"]), emitter.give(line)
                return Together(
                    tuple(
                        emitter.number(scalar, f"extractvalue {llvm} {packed}, {place}")
                        for place, scalar in enumerate(scalars)
                    )
                )
            case _:
                emitter.do(line)
                return None

    def table(self, values: Any) -> Array:
        """Give an array of constants."""
        if id(values) not in self._tables:
            kind, name = ArrayKind(values.dtype), f"@table{len(self._tables)}"
            items = ", ".join(
                f"{kind.storage.llvm} {float_text(item) if values.dtype == np.float64 else int(item)}"
                for item in values
            )
            self._constants.append(f"{name} = private constant [{len(values)} x {kind.storage.llvm}] [{items}]")
            self._tables[id(values)] = Array(kind, name, str(len(values)), "0")
        return self._tables[id(values)]

    def scope_of(self, record: Record, field: str) -> str:
        """Say that arrays of a record do not overlap."""
        fields = [name for name, _ in record.kind.fields]
        if record.kind.name not in self._scopes:
            first = len(self._metadata)
            self._scopes[record.kind.name] = list(range(first, first + len(fields)))
            self._metadata += [f"!{first + place} = distinct !{{!{first + place}, !1}}" for place in range(len(fields))]
            self._metadata += [
                f"!{first + len(fields) + place} = !{{!{first + place}}}" for place in range(len(fields))
            ]
            for place in range(len(fields)):
                others = ", ".join(f"!{first + other}" for other in range(len(fields)) if other != place)
                self._metadata.append(f"!{first + 2 * len(fields) + place} = !{{{others}}}")
        scope = self._scopes[record.kind.name][fields.index(field)]
        return f", !alias.scope !{scope + len(fields)}, !noalias !{scope + 2 * len(fields)}"


@cache
def _tree(path: str) -> dict[str, ast.FunctionDef]:
    """Read the functions of a file."""
    with open(path, encoding="utf-8") as file:
        return {node.name: node for node in ast.parse(file.read()).body if isinstance(node, ast.FunctionDef)}


@cache
def _parameters(function: FunctionType) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


def _source(function: FunctionType) -> ast.FunctionDef:
    return _tree(function.__code__.co_filename)[function.__name__]


def _parameter(name: str, kind: Kind, expressions: Expressions, emitter: Emitter) -> list[str]:
    """Make a parameter known to a function's body, and give how it is declared."""
    match kind:
        case Scalar():
            slot = emitter.slot(kind.llvm)
            emitter.do(f"store {kind.llvm} %p.{name}, ptr {slot}")
            expressions.slots[name] = kind, slot
            return [f"{kind.llvm} %p.{name}"]
        case ArrayKind():
            columns = f"%p.{name}.columns" if kind.width == WIDE else str(kind.width or 0)
            expressions.fixed[name] = Array(kind, f"%p.{name}", f"%p.{name}.rows", columns)
            return [f"ptr noalias %p.{name}", f"i64 %p.{name}.rows", f"i64 %p.{name}.columns"]
        case RecordKind():
            expressions.fixed[name] = Record(kind, f"%p.{name}")
            return [f"ptr readonly %p.{name}"]
        case Several() | None:
            raise TypeError(f"parameter {name} cannot be compiled")


def _arguments(value: Value, kind: Kind, emitter: Emitter) -> list[str]:
    """Give an argument as a called function takes it."""
    match value, kind:
        case Number(), Scalar():
            return [Arithmetic(emitter).cast(value, kind).typed]
        case Array(), ArrayKind() if value.kind == kind:
            return [f"ptr {value.pointer}", f"i64 {value.rows}", f"i64 {value.columns}"]
        case Record(), RecordKind() if value.kind == kind:
            return [f"ptr {value.pointer}"]
    raise TypeError(f"an argument is not what the function takes: {value} for {kind}")


def _returned(kind: Kind) -> str:
    match kind:
        case Scalar() | Several():
            return kind.llvm
        case _:
            return "void"
