"""Statements of Python in LLVM's language."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autoscaler.simulator.native.emitter import Array, Emitter, Number, Object, Record, Together, Value, constant
from autoscaler.simulator.native.expressions import Expressions
from autoscaler.simulator.native.kinds import Kind, NotCompilableError, Scalar, Several


class Statements:
    """Writes the statements of one function into its body.

    A variable is of the kind that it has when it is first assigned. Nothing is collected: numbers live in registers, arrays
    belong to the caller.
    """

    def __init__(self, emitter: Emitter, expressions: Expressions, returns: Kind, file: str) -> None:
        self._emitter = emitter
        self._expressions = expressions
        self._returns = returns
        self._file = file
        self._loops: list[tuple[str, str]] = []  # where ``continue`` and ``break`` go

    def write(self, body: Sequence[ast.stmt]) -> None:
        """Translate statements.

        Raises:
            NotCompilableError: one of them cannot be compiled; the message begins with file and line.
        """
        for node in body:
            if not self._emitter.is_open:
                return  # nothing comes here
            try:
                self._statement(node)
            except NotCompilableError:
                raise
            except (TypeError, KeyError, AttributeError) as error:
                raise NotCompilableError(f"{self._file}, line {node.lineno}: {error}") from error

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[target]):
                self._assign(target, self._expressions.value(node.value))
            case ast.AnnAssign(value=ast.expr() as value):
                self._assign(node.target, self._expressions.value(value))
            case ast.AugAssign():
                self._change(node)
            case ast.If():
                self._if(node)
            case ast.While(orelse=[]):
                self._while(node)
            case ast.For(orelse=[], target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=bounds)):
                self._for(node, name, bounds)
            case ast.Continue():
                self._emitter.jump(self._loops[-1][0])
            case ast.Break():
                self._emitter.jump(self._loops[-1][1])
            case ast.Return():
                self._return(node)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass  # a docstring
            case ast.Expr(value=ast.Call()):
                self._expressions.value(node.value)
            case _:
                raise TypeError(f"{type(node).__name__} cannot be compiled")

    def _assign(self, target: ast.expr, value: Value) -> None:
        match target, value:
            case ast.Tuple(), Together(items=items):
                self._assign_all(target.elts, items)
            case ast.Name(id=name), Number():
                self._set(name, value)
            case ast.Name(id=name), Array() | Record():
                if name in self._expressions.fixed or name in self._expressions.slots:
                    raise TypeError(f"{name} was something else before")
                self._expressions.fixed[name] = value
            case ast.Subscript(), Number():
                self._expressions.store(*self._expressions.place(target), value)
            case _:
                raise TypeError("this cannot be assigned")

    def _assign_all(self, targets: Sequence[ast.expr], items: Sequence[Value]) -> None:
        """Assign several at once: all values were worked out before the first changes."""
        if len(targets) != len(items):
            raise TypeError("as many names as values")
        for target, item in zip(targets, items, strict=True):
            self._assign(target, item)

    def _set(self, name: str, value: Number) -> None:
        if name in self._expressions.fixed:
            raise TypeError(f"{name} does not change")
        scalar, slot = self._expressions.slots.get(name, (value.scalar, ""))
        if not slot:
            slot = self._emitter.slot(scalar.llvm)
            self._expressions.slots[name] = scalar, slot
        if value.scalar is not scalar and (value.scalar, scalar) != (Scalar.INT, Scalar.FLOAT):
            raise TypeError(f"{name} was {scalar.name} before and would be {value.scalar.name}")
        self._emitter.do(f"store {self._expressions.arithmetic.cast(value, scalar).typed}, ptr {slot}")

    def _change(self, node: ast.AugAssign) -> None:
        """Translate ``+=`` and the like; an address is worked out once."""
        expressions, target = self._expressions, node.target
        if isinstance(target, ast.Subscript):
            array, address = expressions.place(target)
            before, by = expressions.load(array, address), expressions.number(node.value)
            expressions.store(array, address, expressions.arithmetic.binary(node.op, before, by))
        elif isinstance(target, ast.Name):
            before = expressions.number(ast.Name(target.id))
            self._set(target.id, expressions.arithmetic.binary(node.op, before, expressions.number(node.value)))
        else:
            raise TypeError("this cannot be changed")

    def _if(self, node: ast.If) -> None:
        settled = self._expressions.settled(node.test)
        if settled is not None:
            self.write(node.body if settled else node.orelse)
            return
        yes, no, end = (self._emitter.name("L") for _ in range(3))
        self._expressions.fork(node.test, yes, no)
        for label, body in ((yes, node.body), (no, node.orelse)):
            self._emitter.label(label)
            self.write(body)
            if self._emitter.is_open:
                self._emitter.jump(end)
        self._emitter.label(end)

    def _while(self, node: ast.While) -> None:
        if self._expressions.settled(node.test) is False:
            return
        head, body, end = (self._emitter.name("L") for _ in range(3))
        self._emitter.label(head)
        self._expressions.fork(node.test, body, end)
        self._emitter.label(body)
        self._loop(node.body, head, end)
        self._emitter.jump(head)
        self._emitter.label(end)

    def _for(self, node: ast.For, name: str, span: Sequence[ast.expr]) -> None:
        """Translate a loop over ``range(n)`` or ``range(first, n)``."""
        bounds = [self._expressions.number(bound) for bound in span]
        first, last = (constant(0), *bounds) if len(bounds) == 1 else bounds
        arithmetic, counter = self._expressions.arithmetic, self._emitter.slot("i64")
        self._emitter.do(f"store {arithmetic.cast(first, Scalar.INT).typed}, ptr {counter}")
        head, body, following, end = (self._emitter.name("L") for _ in range(4))
        self._emitter.label(head)
        now = self._emitter.number(Scalar.INT, f"load i64, ptr {counter}")
        self._emitter.fork(arithmetic.comparison(ast.Lt(), now, last), body, end)
        self._emitter.label(body)
        self._set(name, now)
        self._loop(node.body, following, end)
        self._emitter.label(following)
        more = arithmetic.binary(ast.Add(), now, constant(1))
        self._emitter.do(f"store {more.typed}, ptr {counter}")
        self._emitter.jump(head)
        self._emitter.label(end)

    def _loop(self, body: Sequence[ast.stmt], following: str, end: str) -> None:
        self._loops.append((following, end))
        self.write(body)
        self._loops.pop()

    def _return(self, node: ast.Return) -> None:
        value = Object(None) if node.value is None else self._expressions.value(node.value)
        arithmetic = self._expressions.arithmetic
        match self._returns, value:
            case None, Object(value=None):
                self._emitter.end("ret void")
            case Scalar() as scalar, Number():
                self._emitter.end(f"ret {arithmetic.cast(value, scalar).typed}")
            case Several(scalars=scalars) as kind, Together(items=items) if len(items) == len(scalars):
                packed = "poison"
                for place, (scalar, item) in enumerate(zip(scalars, items, strict=True)):
                    if not isinstance(item, Number):
                        raise TypeError("only numbers can be given together")
                    typed = arithmetic.cast(item, scalar).typed
                    packed = self._emitter.give(f"insertvalue {kind.llvm} {packed}, {typed}, {place}")
                self._emitter.end(f"ret {kind.llvm} {packed}")
            case _:
                raise TypeError("the function gives something else than it says")
