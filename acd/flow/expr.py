"""Expressions of flows: ``balance > 100 and tier in ("gold", "vip")``.

They are written like Python's and read by its parser, but nothing of Python is evaluated: a few
forms are understood, everything else is refused when the flow is read. Evaluating always gives an
answer: an attribute that is no number passes no comparison of numbers, and a division by nothing
is no number.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from acd.core.flows import QueueFigures
from acd.flow.comparison import as_number
from acd.flow.words import contains

LONGEST = 500
_DEEPEST = 20


class Facts(Protocol):
    """What an expression may ask."""

    @property
    def values(self) -> Mapping[str, str]:
        """The attributes of the contact."""
        ...

    def queue(self, name: str) -> QueueFigures | None:
        """How things stand in a queue."""
        ...

    def is_open(self, calendar: str) -> bool | None:
        """Whether a calendar is open."""
        ...


class Type(Enum):
    """What a part of an expression is."""

    TEXT = "a text"
    NUMBER = "a number"
    FLAG = "true or false"
    ATTRIBUTE = "an attribute"  # a text, and a number where it reads as one


Result = str | float | bool | None
Evaluate = Callable[[Facts], Result]


class ExpressionError(ValueError):
    """An expression that is not understood; the message says why, for people."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was understood.

    Attributes:
        text: as it was written.
        attributes: attributes it reads.
        numbers: those that it compares or reckons with as numbers.
        queues, calendars: what it asks about.
    """

    text: str
    attributes: tuple[str, ...]
    numbers: tuple[str, ...]
    queues: tuple[str, ...]
    calendars: tuple[str, ...]
    _evaluate: Evaluate

    def holds(self, facts: Facts) -> bool:
        """Return whether it is true now; never raises."""
        return self._evaluate(facts) is True


@dataclass(frozen=True, slots=True)
class _Part:
    type: Type
    evaluate: Evaluate


_ALONE = re.compile(r"(?<![=!<>])=(?!=)")


def _slip(text: str) -> str:
    """Return what people who write other languages mistake; empty for anything else."""
    if "&&" in text or "||" in text:
        return ": say `and`, `or`, `not`"
    return ": `==` compares" if _ALONE.search(text) else ""


def parse(text: str) -> Expression:
    """Return the expression written in ``text``.

    Raises:
        ExpressionError: it is not understood.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ExpressionError(
            f'not written like `balance > 100 and tier == "gold"`{_slip(text)}'
        ) from None
    reader = _Reader()
    part = reader.read(tree, 0)
    if part.type is not Type.FLAG:
        raise ExpressionError(f"it is {part.type.value}, not something true or false")
    return Expression(
        text,
        tuple(dict.fromkeys(reader.attributes)),
        tuple(dict.fromkeys(reader.numbers)),
        tuple(dict.fromkeys(reader.queues)),
        tuple(dict.fromkeys(reader.calendars)),
        part.evaluate,
    )


_ORDER: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _number(value: Result) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    return as_number(value) if isinstance(value, str) else value


def _text(value: Result) -> str:
    return value if isinstance(value, str) else ""


class _Reader:
    def __init__(self) -> None:
        self.attributes: list[str] = []
        self.numbers: list[str] = []
        self.queues: list[str] = []
        self.calendars: list[str] = []

    def read(self, tree: ast.expr, depth: int) -> _Part:
        if depth > _DEEPEST:
            raise ExpressionError("nested too deeply")
        match tree:
            case ast.Constant(bool() as flag):
                return _Part(Type.FLAG, lambda _: flag)
            case ast.Constant(str() as text):
                return _Part(Type.TEXT, lambda _: text)
            case ast.Constant(int() | float() as number):
                plain = float(number) if abs(number) < 1e15 else None
                if plain is None:
                    raise ExpressionError("a number is too large")
                return _Part(Type.NUMBER, lambda _: plain)
            case ast.Name(name):
                self.attributes.append(name)
                return _Part(Type.ATTRIBUTE, lambda facts: facts.values.get(name, ""))
            case ast.BoolOp(op, parts):
                return self._together(op, [self._flag(part, depth) for part in parts])
            case ast.UnaryOp(ast.Not(), part):
                inner = self._flag(part, depth)
                return _Part(Type.FLAG, lambda facts: not inner(facts))
            case ast.UnaryOp(ast.USub(), part):
                return self._sum(ast.Sub, ast.Constant(0), part, depth)
            case ast.BinOp(left, op, right) if type(op) in _ARITHMETIC:
                return self._sum(type(op), left, right, depth)
            case ast.Compare(left, [op], [right]):
                return self._compare(left, op, right, depth)
            case ast.Call(ast.Name(name), arguments, []) if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, arguments, depth)
            case ast.Call(ast.Name(name)):
                raise ExpressionError(f"no function {name!r}, only {', '.join(_FUNCTIONS)}")
            case _:
                raise ExpressionError(f"{ast.unparse(tree)!r} is not understood here")

    def _flag(self, tree: ast.expr, depth: int) -> Evaluate:
        part = self.read(tree, depth + 1)
        if part.type is not Type.FLAG:
            raise ExpressionError(f"{ast.unparse(tree)!r} is not true or false: compare it")
        return part.evaluate

    def _together(self, op: ast.boolop, parts: list[Evaluate]) -> _Part:
        settles = all if isinstance(op, ast.And) else any
        return _Part(Type.FLAG, lambda facts: settles(part(facts) is True for part in parts))

    def _numeric(self, tree: ast.expr, depth: int) -> Evaluate:
        part = self.read(tree, depth + 1)
        if part.type in (Type.TEXT, Type.FLAG):
            raise ExpressionError(f"{ast.unparse(tree)!r} is {part.type.value}, not a number")
        if isinstance(tree, ast.Name):
            self.numbers.append(tree.id)
        return part.evaluate

    def _sum(self, op: type[ast.operator], left: ast.expr, right: ast.expr, depth: int) -> _Part:
        one, other = self._numeric(left, depth), self._numeric(right, depth)
        compute = _ARITHMETIC[op]

        def evaluate(facts: Facts) -> Result:
            a, b = _number(one(facts)), _number(other(facts))
            return None if a is None or b is None or (op is ast.Div and b == 0) else compute(a, b)

        return _Part(Type.NUMBER, evaluate)

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr, depth: int) -> _Part:
        if type(op) in _ORDER:
            order = _ORDER[type(op)]
            one, other = self._numeric(left, depth), self._numeric(right, depth)

            def ordered(facts: Facts) -> Result:
                a, b = _number(one(facts)), _number(other(facts))
                return a is not None and b is not None and order(a, b)

            return _Part(Type.FLAG, ordered)
        if isinstance(op, ast.In | ast.NotIn):
            same = self._one_of(left, right, depth)
        elif isinstance(op, ast.Eq | ast.NotEq):
            same = self._same(self.read(left, depth + 1), self.read(right, depth + 1))
        else:
            raise ExpressionError("only == != < <= > >= in compare")
        if isinstance(op, ast.NotIn | ast.NotEq):
            return _Part(Type.FLAG, lambda facts: not same(facts))
        return _Part(Type.FLAG, same)

    def _one_of(self, left: ast.expr, right: ast.expr, depth: int) -> Evaluate:
        if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
            raise ExpressionError('after "in" comes a list: tier in ("gold", "vip")')
        one = self.read(left, depth + 1)
        tests = [self._same(one, self.read(item, depth + 1)) for item in right.elts]
        return lambda facts: any(test(facts) for test in tests)

    def _same(self, one: _Part, other: _Part) -> Evaluate:
        types = {one.type, other.type} - {Type.ATTRIBUTE}
        if len(types) > 1 or (Type.FLAG in types and Type.ATTRIBUTE in (one.type, other.type)):
            raise ExpressionError(f"{one.type.value} is never {other.type.value}")
        a, b = one.evaluate, other.evaluate
        if Type.NUMBER in types:
            return lambda facts: (x := _number(a(facts))) is not None and x == _number(b(facts))
        return lambda facts: a(facts) == b(facts)

    # --- functions ------------------------------------------------------------------------------

    def arguments(self, name: str, arguments: list[ast.expr], count: int) -> None:
        """Refuse another number of arguments."""
        if len(arguments) != count:
            raise ExpressionError(f"{name}() takes {count} of what stands in the brackets")

    def literal(self, name: str, tree: ast.expr) -> str:
        """Return an argument that must be written out, so that it can be checked."""
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return tree.value
        raise ExpressionError(f'{name}() takes a name in quotes: {name}("support")')


def _about_queue(
    name: str, figure: Callable[[QueueFigures], float]
) -> Callable[[_Reader, list[ast.expr], int], _Part]:
    def read(reader: _Reader, arguments: list[ast.expr], depth: int) -> _Part:
        reader.arguments(name, arguments, 1)
        queue = reader.literal(name, arguments[0])
        reader.queues.append(queue)

        def evaluate(facts: Facts) -> Result:
            figures = facts.queue(queue)
            return None if figures is None else float(figure(figures))

        return _Part(Type.NUMBER, evaluate)

    return read


def _is_open(reader: _Reader, arguments: list[ast.expr], depth: int) -> _Part:
    reader.arguments("is_open", arguments, 1)
    calendar = reader.literal("is_open", arguments[0])
    reader.calendars.append(calendar)
    return _Part(Type.FLAG, lambda facts: facts.is_open(calendar) is True)


def _length(reader: _Reader, arguments: list[ast.expr], depth: int) -> _Part:
    reader.arguments("length", arguments, 1)
    part = reader.read(arguments[0], depth + 1).evaluate
    return _Part(Type.NUMBER, lambda facts: float(len(_text(part(facts)))))


def _on_texts(
    name: str, test: Callable[[str, str], bool]
) -> Callable[[_Reader, list[ast.expr], int], _Part]:
    def read(reader: _Reader, arguments: list[ast.expr], depth: int) -> _Part:
        reader.arguments(name, arguments, 2)
        one, other = (reader.read(argument, depth + 1).evaluate for argument in arguments)
        return _Part(Type.FLAG, lambda facts: test(_text(one(facts)), _text(other(facts))))

    return read


_FUNCTIONS: dict[str, Callable[[_Reader, list[ast.expr], int], _Part]] = {
    "waiting": _about_queue("waiting", lambda figures: figures.waiting),
    "longest_wait": _about_queue("longest_wait", lambda figures: figures.longest_wait_seconds),
    "available": _about_queue("available", lambda figures: figures.available),
    "is_open": _is_open,
    "length": _length,
    "starts_with": _on_texts("starts_with", str.startswith),
    "says": _on_texts("says", lambda text, phrase: contains(text, [phrase])),
}
