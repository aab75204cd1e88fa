"""Arithmetic on numbers: what Python's operators are in LLVM's language, and functions that need no translation."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from autoscaler.simulator.native.emitter import Emitter, Number, constant
from autoscaler.simulator.native.kinds import Scalar

INT, BITS, FLOAT, BOOL = Scalar.INT, Scalar.BITS, Scalar.FLOAT, Scalar.BOOL

#: operator: how Python does it; LLVM's instruction for whole numbers, bits, floats
_OPERATORS: Final[dict[type[ast.operator], tuple[Callable[[Any, Any], Any], str, str, str]]] = {
    ast.Add: (operator.add, "add", "add", "fadd"),
    ast.Sub: (operator.sub, "sub", "sub", "fsub"),
    ast.Mult: (operator.mul, "mul", "mul", "fmul"),
    ast.Div: (operator.truediv, "", "", "fdiv"),
    ast.Pow: (operator.pow, "", "", "pow"),
    ast.LShift: (operator.lshift, "shl", "shl", ""),
    ast.RShift: (operator.rshift, "ashr", "lshr", ""),
    ast.BitAnd: (operator.and_, "and", "and", ""),
    ast.BitOr: (operator.or_, "or", "or", ""),
    ast.BitXor: (operator.xor, "xor", "xor", ""),
}
_COMPARISONS: Final[dict[type[ast.cmpop], tuple[Callable[[Any, Any], Any], str, str, str]]] = {
    ast.Lt: (operator.lt, "slt", "ult", "olt"),
    ast.LtE: (operator.le, "sle", "ule", "ole"),
    ast.Gt: (operator.gt, "sgt", "ugt", "ogt"),
    ast.GtE: (operator.ge, "sge", "uge", "oge"),
    ast.Eq: (operator.eq, "eq", "eq", "oeq"),
    ast.NotEq: (operator.ne, "ne", "ne", "une"),
}
#: functions of one or two floats that LLVM, or the C library that Python itself uses, has under a name
FUNCTIONS: Final[dict[object, str]] = {
    math.log: "log", math.exp: "exp", math.pow: "pow", math.sqrt: "llvm.sqrt.f64", np.nextafter: "nextafter",
}  # fmt: skip
_CASTS: Final = {
    (BOOL, INT): "zext i1 {} to i64", (INT, FLOAT): "sitofp i64 {} to double", (FLOAT, INT): "fptosi double {} to i64",
    (BITS, FLOAT): "uitofp i64 {} to double", (BOOL, FLOAT): "uitofp i1 {} to double",
}  # fmt: skip


class Arithmetic:
    """Writes arithmetic into a function's body."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter

    def binary(self, sign: ast.operator, left: Number, right: Number) -> Number:
        """Apply an operator.

        Raises:
            TypeError: LLVM's language has nothing that does the same.
        """
        python, *names = _OPERATORS.get(type(sign), (None, "", "", ""))
        left, right, scalar = self._alike(left, right, is_float=isinstance(sign, ast.Div | ast.Pow))
        name = names[(INT, BITS, FLOAT).index(scalar)]
        if python is None or not name:
            raise TypeError(f"{type(sign).__name__} of {scalar.name} cannot be compiled")
        if scalar is not BITS and left.known is not None and right.known is not None:
            return constant(python(left.known, right.known))
        if name == "pow":
            return self.function("pow", left, right)
        return self._emitter.number(scalar, f"{name} {left.typed}, {right.text}")

    def comparison(self, sign: ast.cmpop, left: Number, right: Number) -> Number:
        """Compare."""
        python, *names = _COMPARISONS.get(type(sign), (None, "", "", ""))
        left, right, scalar = self._alike(left, right)
        if python is None:
            raise TypeError(f"{type(sign).__name__} cannot be compiled")
        if left.known is not None and right.known is not None:
            return constant(bool(python(left.known, right.known)))
        name = names[(INT, BITS, FLOAT).index(scalar)]
        return self._emitter.number(BOOL, f"{'fcmp' if scalar is FLOAT else 'icmp'} {name} {left.typed}, {right.text}")

    def extreme(self, sign: ast.cmpop, left: Number, right: Number) -> Number:
        """Give what ``min`` (``<``) or ``max`` (``>``) gives: the first of equals."""
        left, right, scalar = self._alike(left, right)
        is_right = self.comparison(sign, right, left)
        if is_right.known is not None:
            return right if is_right.known else left
        return self._emitter.number(scalar, f"select {is_right.typed}, {right.typed}, {left.typed}")

    def function(self, name: str, *arguments: Number) -> Number:
        """Call one of ``FUNCTIONS``."""
        values = ", ".join(self.cast(argument, FLOAT).typed for argument in arguments)
        return self._emitter.number(FLOAT, f"call double @{name}({values})")

    def is_nan(self, value: Number) -> Number:
        """Tell whether a float is none."""
        return self._emitter.number(BOOL, f"fcmp uno {self.cast(value, FLOAT).typed}, 0.0")

    def negative(self, value: Number) -> Number:
        """Change the sign."""
        if value.known is not None:
            return constant(-value.known)
        zero = constant(-0.0) if value.scalar is FLOAT else constant(0)
        return self.binary(ast.Sub(), zero, value)

    def inverse(self, value: Number) -> Number:
        """Give ``not value``."""
        if value.known is not None:
            return constant(not value.known)
        return self._emitter.number(BOOL, f"xor {self.truth(value).typed}, true")

    def truth(self, value: Number) -> Number:
        """Tell what a condition makes of a number."""
        if value.scalar is BOOL:
            return value
        return self.comparison(ast.NotEq(), value, constant(0.0 if value.scalar is FLOAT else 0))

    def cast(self, value: Number, scalar: Scalar) -> Number:
        """Turn a number into another kind, as ``int`` and ``float`` do."""
        if value.scalar is scalar:
            return value
        if value.known is not None and scalar is FLOAT:
            return constant(float(value.known))
        if value.known is not None and scalar is INT:
            return constant(int(value.known))
        if {value.scalar, scalar} == {INT, BITS}:
            return Number(scalar, value.text)
        return self._emitter.number(scalar, _CASTS[value.scalar, scalar].format(value.text))

    def bits(self, value: Number, scalar: Scalar) -> Number:
        """Read a float's bits as a whole number, or the other way round."""
        return self._emitter.number(scalar, f"bitcast {value.typed} to {scalar.llvm}")

    def _alike(self, left: Number, right: Number, *, is_float: bool = False) -> tuple[Number, Number, Scalar]:
        """Give two numbers as one kind: the one that Python and numpy would take."""
        scalars = {left.scalar, right.scalar}
        if FLOAT in scalars or is_float:
            scalar = FLOAT
        elif BITS in scalars:
            if any(one.scalar is not BITS and one.known is None for one in (left, right)):
                raise TypeError("a uint64 and a whole number do not mix: say which it is to be")
            scalar = BITS
        else:
            scalar = INT
        return self.cast(left, scalar), self.cast(right, scalar), scalar
