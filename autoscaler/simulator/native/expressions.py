"""Expressions of Python in LLVM's language."""

from __future__ import annotations

import ast
import builtins
from types import FunctionType
from typing import Any, Final, Protocol, cast

import numpy as np

from autoscaler.simulator.native.arithmetic import FUNCTIONS, Arithmetic
from autoscaler.simulator.native.emitter import Array, Emitter, Number, Object, Record, Together, Value, constant
from autoscaler.simulator.native.kinds import WIDE, ArrayKind, Scalar

INT, BITS, FLOAT, BOOL = Scalar.INT, Scalar.BITS, Scalar.FLOAT, Scalar.BOOL

_CASTS: Final[dict[object, Scalar]] = {
    int: INT, float: FLOAT, bool: BOOL, np.int64: INT, np.uint64: BITS, np.float64: FLOAT,
}  # fmt: skip
_VIEWED: Final[dict[object, Scalar]] = {np.int64: INT, np.float64: FLOAT}


class Callee(Protocol):
    """Where other functions, and arrays of constants, come from."""

    def call(self, emitter: Emitter, function: FunctionType, arguments: list[Value]) -> Number | Together | None:
        """Write a call."""

    def table(self, values: Any) -> Array:
        """Give an array that is known while compiling."""

    def scope_of(self, record: Record, field: str) -> str:
        """Give the metadata of loads and stores in a record's field."""


class Expressions:
    """Writes the expressions of one function into its body, and knows its variables."""

    def __init__(self, emitter: Emitter, callee: Callee, known: dict[str, Any]) -> None:
        """``known``: the globals that the function sees."""
        self.fixed: dict[str, Value] = {}  #: names that never change: arguments that are not numbers, parts of them
        self.slots: dict[str, tuple[Scalar, str]] = {}  #: variables, and where they are kept
        self._emitter = emitter
        self._callee = callee
        self._globals = known
        self.arithmetic = Arithmetic(emitter)

    def number(self, node: ast.expr) -> Number:
        """Give an expression that is one number."""
        value = self.value(node)
        if not isinstance(value, Number):
            raise TypeError("a number is needed here")
        return value

    def value(self, node: ast.expr) -> Value:
        """Give any expression.

        Raises:
            TypeError: it cannot be compiled.
        """
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return constant(value)
            case ast.Name():
                return self._name(node.id)
            case ast.Attribute():
                return self._attribute(node)
            case ast.BinOp():
                return self.arithmetic.binary(node.op, self.number(node.left), self.number(node.right))
            case ast.UnaryOp(op=ast.USub()):
                return self.arithmetic.negative(self.number(node.operand))
            case ast.UnaryOp(op=ast.Not()):
                return self.arithmetic.inverse(self.number(node.operand))
            case ast.Compare(ops=[sign], left=left, comparators=[right]):
                return self.arithmetic.comparison(sign, self.number(left), self.number(right))
            case ast.BoolOp() | ast.IfExp():
                return self._chosen(node)
            case ast.Subscript():
                return self.load(*self.place(node))
            case ast.Call():
                return self._called(node)
            case ast.Tuple():
                return Together(tuple(self.value(item) for item in node.elts))
            case _:
                raise TypeError(f"{type(node).__name__} cannot be compiled")

    def fork(self, test: ast.expr, yes: str, no: str) -> None:
        """Go on at one of two labels; of ``and`` and ``or`` only as much is worked out as needed."""
        match test:
            case ast.UnaryOp(op=ast.Not()):
                self.fork(test.operand, no, yes)
            case ast.BoolOp():
                for part in test.values[:-1]:
                    following = self._emitter.name("L")
                    if isinstance(test.op, ast.And):
                        self.fork(part, following, no)
                    else:
                        self.fork(part, yes, following)
                    self._emitter.label(following)
                self.fork(test.values[-1], yes, no)
            case _:
                self._emitter.fork(self.arithmetic.truth(self.number(test)), yes, no)

    def settled(self, test: ast.expr) -> bool | None:
        """Tell what a condition is, if that is known while compiling: other branches are then not compiled at all."""
        match test:
            case ast.UnaryOp(op=ast.Not()):
                inside = self.settled(test.operand)
                return None if inside is None else not inside
            case ast.BoolOp():
                is_or = isinstance(test.op, ast.Or)
                for part in test.values:
                    settled = self.settled(part)
                    if settled is None or settled is is_or:
                        return settled
                return not is_or
            case ast.Compare(ops=[sign], left=left, comparators=[right]):
                sides = self._known(left), self._known(right)
                if None not in sides:
                    return bool(self.arithmetic.comparison(sign, *map(constant, sides)).known)
            case _:
                known = self._known(test)
                return None if known is None else bool(known)
        return None

    def _known(self, node: ast.expr) -> Any:
        """Give a number that is known while compiling, without writing anything; ``None`` for others."""
        root = node
        while isinstance(root, ast.Attribute):
            root = root.value
        if isinstance(root, ast.Name) and root.id not in self.slots:
            if root is not node and root.id in self.fixed:
                return None  # a record's field
        elif not isinstance(node, ast.Constant):
            return None
        value = self.value(node)
        return value.known if isinstance(value, Number) else None

    def place(self, node: ast.Subscript) -> tuple[Array, str]:
        """Give an array, and the address of one of its numbers."""
        array = self._array(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(parts) != (1 if array.kind.width is None else 2):
            raise TypeError("as many indices as the array has dimensions, no slices")
        index, *column = (self.arithmetic.cast(self.number(part), INT) for part in parts)
        if any(one.known is not None and one.known < 0 for one in (index, *column)):
            raise TypeError("indices count from the first")
        if column:
            row = self.arithmetic.binary(ast.Mult(), index, Number(INT, array.columns))
            index = self.arithmetic.binary(ast.Add(), row, column[0])
        llvm = array.kind.storage.llvm
        return array, self._emitter.give(f"getelementptr inbounds {llvm}, ptr {array.pointer}, {index.typed}")

    def _array(self, node: ast.expr) -> Array:
        """Give an expression that is an array: of an argument, or of constants."""
        array = self.value(node)
        if isinstance(array, Object) and isinstance(array.value, np.ndarray):
            return self._callee.table(array.value)
        if not isinstance(array, Array):
            raise TypeError("an array is needed here")
        return array

    def load(self, array: Array, address: str) -> Number:
        """Read a number."""
        storage = array.kind.storage
        loaded = self._emitter.give(f"load {storage.llvm}, ptr {address}{array.scope}")
        if storage.widen:
            loaded = self._emitter.give(f"{storage.widen} {storage.llvm} {loaded} to i64")
        return Number(storage.scalar, loaded)

    def store(self, array: Array, address: str, value: Number) -> None:
        """Write a number."""
        storage = array.kind.storage
        text = self.arithmetic.cast(value, storage.scalar).text
        if storage.widen:
            text = self._emitter.give(f"trunc i64 {text} to {storage.llvm}")
        self._emitter.do(f"store {storage.llvm} {text}, ptr {address}{array.scope}")

    def _name(self, name: str) -> Value:
        if name in self.fixed:
            return self.fixed[name]
        if name in self.slots:
            scalar, slot = self.slots[name]
            return self._emitter.number(scalar, f"load {scalar.llvm}, ptr {slot}")
        known = self._globals if name in self._globals else vars(builtins)
        return _of_python(known[name])

    def _attribute(self, node: ast.Attribute) -> Value:
        owner = self.value(node.value)
        if isinstance(owner, Record):
            return self._field(owner, node.attr)
        if isinstance(owner, Object):
            return _of_python(getattr(owner.value, node.attr))
        raise TypeError(f"attribute {node.attr} cannot be compiled")

    def _field(self, record: Record, name: str) -> Array:
        """Read where a record's array is: no call changes that."""
        place = [field for field, _ in record.kind.fields].index(name)
        kind = record.kind.fields[place][1]
        words = []
        for word, llvm in enumerate(("ptr", "i64", "i64")):
            at = self._emitter.give(f"getelementptr inbounds i64, ptr {record.pointer}, i64 {3 * place + word}")
            words.append(self._emitter.give(f"load {llvm}, ptr {at}, !invariant.load !0"))
        columns = words[2] if kind.width == WIDE else str(kind.width or 0)
        return Array(kind, words[0], words[1], columns, self._callee.scope_of(record, name))

    def _chosen(self, node: ast.BoolOp | ast.IfExp) -> Number:
        """Give a condition's value, or one of two."""
        test = node if isinstance(node, ast.BoolOp) else node.test
        arms = (node.body, node.orelse) if isinstance(node, ast.IfExp) else (ast.Constant(True), ast.Constant(False))
        settled = self.settled(test)
        if settled is not None:
            return self.number(arms[0] if settled else arms[1])
        labels, end = [self._emitter.name("L") for _ in arms], self._emitter.name("L")
        self.fork(test, *labels)
        scalar, slot = None, ""
        for arm, label in zip(arms, labels, strict=True):
            self._emitter.label(label)
            found = self.number(arm)
            if scalar is None:
                scalar, slot = found.scalar, self._emitter.slot(found.scalar.llvm)
            if found.scalar is not scalar and (found.scalar, scalar) != (INT, FLOAT):
                raise TypeError(f"either {scalar.name} or {found.scalar.name}: both must be alike")
            self._emitter.do(f"store {self.arithmetic.cast(found, scalar).typed}, ptr {slot}")
            self._emitter.jump(end)
        self._emitter.label(end)
        assert scalar is not None
        return self._emitter.number(scalar, f"load {scalar.llvm}, ptr {slot}")

    def _called(self, node: ast.Call) -> Value:
        """Translate a call: of a method ``view``, of something built in, of a function that is compiled too."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "view":
            viewed = self.value(node.func.value)
            if not isinstance(viewed, Object):
                return self._viewed(viewed, self.value(node.args[0]))
        called = self.value(node.func)
        if node.keywords or not isinstance(called, Object):
            raise TypeError("this call cannot be compiled")
        function = getattr(called.value, "plain", called.value)
        if isinstance(function, FunctionType) and function not in FUNCTIONS:
            given = self._callee.call(self._emitter, function, [self.value(argument) for argument in node.args])
            return Object(None) if given is None else given
        if function is len:
            return Number(INT, self._array(node.args[0]).rows)
        return self._built_in(function, [self.number(argument) for argument in node.args])

    def _built_in(self, function: object, numbers: list[Number]) -> Number:
        """Call something that works on numbers."""
        arithmetic = self.arithmetic
        if function in (min, max):
            best, sign = numbers[0], ast.Lt() if function is min else ast.Gt()
            for other in numbers[1:]:
                best = arithmetic.extreme(sign, best, other)
            return best
        if function is bool:
            return arithmetic.truth(numbers[0])
        if function is np.isnan:
            return arithmetic.is_nan(numbers[0])
        if function in _CASTS:
            return arithmetic.cast(numbers[0], _CASTS[function])
        if function in FUNCTIONS:
            return arithmetic.function(FUNCTIONS[function], *numbers)
        raise TypeError(f"{function} cannot be compiled")

    def _viewed(self, value: Value, dtype: Value) -> Value:
        """Read the same bits as another kind: ``np.float64(x).view(np.int64)``, or a whole array."""
        wanted = dtype.value if isinstance(dtype, Object) else None
        if isinstance(value, Array):
            kind = ArrayKind(np.dtype(cast("type[Any]", wanted)), value.kind.width)
            return Array(kind, value.pointer, value.rows, value.columns, value.scope)
        if isinstance(value, Number) and wanted in _VIEWED:
            return self.arithmetic.bits(value, _VIEWED[wanted])
        raise TypeError("only numbers and arrays can be viewed")


def _of_python(found: object) -> Value:
    """Give something that is known while compiling."""
    return constant(found) if isinstance(found, bool | int | float | np.number) else Object(found)
